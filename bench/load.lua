-- Sends prepared requests. `wrk … -- FILE once|any FROM TO`: the file has a request a line: path, token, body, parted by
-- tabs; the body is empty for GET and "-" for POST without one. `once` sends each of the lines FROM to TO at most once, `any`
-- picks at random. For one thread: more would begin one after the other, each when it has read the file.

local requests = {}
local at = 0
local any

function init(arguments)
  local file, how, from, to = arguments[1], arguments[2], tonumber(arguments[3]), tonumber(arguments[4])
  any = how == "any"
  math.randomseed(7919)
  local line_number = 0
  for line in io.lines(file) do
    line_number = line_number + 1
    if line_number >= from and line_number <= to then
      local path, token, body = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
      local headers = {}
      if token ~= "" then headers["Authorization"] = "Bearer " .. token end
      if body == "" then
        requests[#requests + 1] = wrk.format("GET", path, headers)
      elseif body == "-" then
        requests[#requests + 1] = wrk.format("POST", path, headers)
      else
        headers["Content-Type"] = "application/json"
        requests[#requests + 1] = wrk.format("POST", path, headers, body)
      end
    end
  end
  -- Nothing is made from here on. What the collector left to do here would be done while servers are measured: a sixth of two
  -- cores for the first five seconds.
  collectgarbage("collect")
  collectgarbage("stop")
end

function request()
  if any then return requests[math.random(#requests)] end
  at = at + 1
  if at > #requests then
    -- Used up: the run ends early, and counts for as long as it was.
    wrk.thread:stop()
    at = #requests
  end
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"p50_us":%d,"p99_us":%d,"mean_us":%.1f,"failed":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50), latency:percentile(99), latency.mean,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end

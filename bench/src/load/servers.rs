//! The servers, as processes of ours: started for a run, ended with it.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;

/// A program that is killed when this one ends, however it ends.
pub fn bound(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// A running server. It ends with this value.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts a server and waits until it takes connections. Its log goes to `log`.
    pub fn start(mut command: Command, address: SocketAddr, log: &Path) -> Result<Self, Failure> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(log)?);
        let server = Self { child: command.spawn()?, address };
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(address).is_err() {
            if Instant::now() > deadline {
                return Err(format!("{address} does not answer; see {}", log.display()).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory now, and the most that it was, in MB.
    pub fn memory(&self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What it was doing is of no use any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time of a process so far, in seconds; with its children that have ended when `with_ended`.
fn seconds_of(pid: u32, with_ended: bool) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').collect();
    let tick = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0) / 100.0;
    tick(11) + tick(12) + if with_ended { tick(13) + tick(14) } else { 0.0 }
}

/// Processor time of a process so far, in seconds.
pub fn processor(pid: u32) -> f64 {
    seconds_of(pid, false)
}

/// The parent of a process.
pub fn parent(pid: u32) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok()).unwrap_or(0)
}

/// Processor time of a server and all its children so far, ended ones included, in seconds: PostgreSQL.
pub fn processor_with_children(pid: u32) -> f64 {
    let children = fs::read_dir("/proc").into_iter().flatten().filter_map(|entry| {
        let child: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        (parent(child) == pid).then(|| seconds_of(child, false))
    });
    seconds_of(pid, true) + children.sum::<f64>()
}

//! The binary as a person starts it.

mod config;
mod doctor;
mod help;
mod migrate;
#[cfg(target_os = "linux")]
mod plugin;
mod serve;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// The binary, in `folder`, with an environment of which we know everything.
pub fn kith(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kith"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    for name in ["PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// What a run gave: exit code, standard output, standard error.
pub fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Runs what must be refused: exit code 2 and one line on standard error, in which all of `words` stand. Gives the line.
pub fn refused(command: &mut Command, words: &[&str]) -> String {
    let (code, out, err) = run(command);
    assert_eq!(code, 2, "{err}");
    assert_eq!(out, "");
    assert_eq!(err.trim_end().lines().count(), 1, "one line: {err}");
    assert!(err.starts_with("kith: "), "{err}");
    for word in words {
        assert!(err.contains(word), "{word:?} is missing in {err}");
    }
    err
}

/// A running server. Killed when the test ends; until then somebody has to hold the other end of its standard output.
pub struct Server {
    process: Child,
    pub address: String,
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts it and waits until it says that it is ready.
    pub fn start(command: &mut Command) -> Self {
        Self::start_logging(command, Stdio::null())
    }

    /// The same; what it logs goes to `log`.
    pub fn start_logging(command: &mut Command, log: Stdio) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("http://") {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "the server ended before it was ready");
        }
        let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        Self { process, address, _output: output }
    }

    /// Sends a signal and gives the exit code.
    pub fn signal(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

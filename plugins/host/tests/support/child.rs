//! Stands for the server's executable in the tests.
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some(kith_plugin_host::child::ARGUMENT) => kith_plugin_host::child::main(),
        // A server that runs a plugin, says which process that is, and waits to be killed.
        Some("server") => server(arguments.get(2).map_or("", |folder| folder)),
        _ => ExitCode::FAILURE,
    }
}

#[expect(clippy::print_stdout, reason = "how the test learns of the child")]
fn server(folder: &str) -> ExitCode {
    use kith_plugin_loader::{Rules, open};
    let rules = Rules::standard(16 << 20);
    let Some(checked) = open(folder.as_ref(), "plugin.so", &rules).ok().and_then(|opened| {
        let sealed = opened.seal().ok()?;
        let expected = sealed.measure().ok()?;
        sealed.check(&expected).ok()
    }) else {
        return ExitCode::FAILURE;
    };
    match kith_plugin_host::Isolated::start_blocking(kith_plugin_host::Config::default(), checked, "{}") {
        Ok(plugin) => {
            println!("{}", plugin.child_id().unwrap_or(0));
            std::thread::sleep(std::time::Duration::from_secs(60));
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            println!("{refusal}");
            ExitCode::FAILURE
        }
    }
}

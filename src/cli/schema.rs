//! `kith schema`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::print;
use crate::app::AppError;
use crate::server::schema;

/// Print the GraphQL schema, or compare it with a file.
#[derive(Args)]
#[command(after_help = "Examples:\n  kith schema print > schema.graphql\n  kith schema check schema.graphql")]
pub(super) struct Schema {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Print it, sorted, with what each field requires
    Print,
    /// Compare it with a file; exit code 1 and the first difference if they differ
    Check {
        /// The file
        #[arg(default_value = "schema.graphql")]
        file: PathBuf,
    },
}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode, AppError> {
        let sdl = schema::sdl();
        match self.action {
            Action::Print => {
                print(&sdl);
                Ok(ExitCode::SUCCESS)
            }
            Action::Check { file } => {
                let name = file.display();
                let text = std::fs::read_to_string(&file)
                    .map_err(|error| AppError::Failed(format!("{name} cannot be read: {error}")))?;
                match first_difference(&text, &sdl) {
                    None => Ok(ExitCode::SUCCESS),
                    Some((line, is, should)) => Err(AppError::Failed(format!(
                        "{name}:{line} says {is:?}, the schema says {should:?}; `kith schema print > {name}` writes it anew"
                    ))),
                }
            }
        }
    }
}

/// The first line that differs: its number from 1, what the file says, what the schema says.
pub fn first_difference(file: &str, schema: &str) -> Option<(usize, String, String)> {
    let (mut file, mut schema) = (file.lines(), schema.lines());
    for number in 1.. {
        match (file.next(), schema.next()) {
            (None, None) => return None,
            (is, should) if is == should => {}
            (is, should) => return Some((number, is.unwrap_or("").to_owned(), should.unwrap_or("").to_owned())),
        }
    }
    None
}

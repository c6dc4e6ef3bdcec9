//! What npm does to a command before it starts: it keeps options that no `--` stands before, and changes the folder.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{Arg, Command};

/// What to say if npm took an option of ours for its own, so that it only reached the environment.
pub fn kept(commands: &Command, variable: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    let mut options = commands.get_subcommands().flat_map(Command::get_arguments).filter_map(Arg::get_long);
    let option = options.find(|option| {
        let value = variable(&format!("npm_config_{}", option.replace('-', "_")));
        value.is_some_and(|value| !value.is_empty() && value != "false")
    })?;
    let script = variable("npm_lifecycle_event").and_then(|script| script.into_string().ok());
    let script = script.as_deref().unwrap_or("admin");
    Some(format!(
        "npm kept --{option} for itself, so nothing was done. A -- is missing: npm run {script} -- … --{option}"
    ))
}

/// The file that the user means: npm starts commands in the project's folder, and names here the user's own.
pub fn path(file: &str) -> PathBuf {
    Path::new(&std::env::var_os("INIT_CWD").unwrap_or_default()).join(file)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::Cli;

    /// The option named by the message for an environment like this.
    fn missed(environment: &[(&str, &str)]) -> Option<String> {
        let said = kept(&Cli::command(), |name| {
            environment.iter().find(|(set, _)| *set == name).map(|(_, value)| OsString::from(value))
        })?;
        said.strip_prefix("npm kept ")?.split(' ').next().map(str::to_owned)
    }

    #[test]
    fn an_option_that_npm_kept_is_noticed() {
        let missed = |environment: &[(&str, &str)]| missed(environment).unwrap_or_default();
        assert_eq!(missed(&[("npm_config_remote", "true")]), "--remote");
        assert_eq!(missed(&[("npm_config_dry_run", "true")]), "--dry-run");
        assert_eq!(missed(&[("npm_config_recovery_codes", "true"), ("npm_config_yes", "")]), "--recovery-codes");
        assert_eq!(missed(&[("npm_config_name", "Rosa")]), "--name");
        assert_eq!(missed(&[("npm_config_loglevel", "silent"), ("npm_config_dry_run", "false"), ("PATH", "/bin")]), "");
    }

    #[test]
    fn every_option_of_a_command_is_one_that_npm_could_keep() {
        let mut seen = 0;
        for command in Cli::command().get_subcommands_mut() {
            let help = command.render_long_help().to_string();
            let named = help.split(|c: char| !c.is_ascii_lowercase() && c != '-').filter(|word| word.starts_with("--"));
            for option in named.filter(|word| word.len() > 2 && *word != "--help") {
                let name = format!("npm_config_{}", option.trim_start_matches('-').replace('-', "_"));
                assert_eq!(missed(&[(&name, "true")]).as_deref(), Some(option));
                seen += 1;
            }
        }
        assert!(seen > 10, "{seen}");
    }
}

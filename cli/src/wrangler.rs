//! Cloudflare's own tool, which acts there as the user it is logged in as.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use airlock::ports::Fault;
use serde::Deserialize;

/// One call of it.
pub struct Call<'a> {
    /// Its arguments, which everyone on this machine can see.
    pub args: &'a [&'a str],
    /// What it reads on its standard input: the place for secrets.
    pub input: &'a str,
    /// Who gets what it prints.
    pub prints: Prints,
}

/// Who gets what wrangler prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prints {
    /// The caller.
    Answer,
    /// The terminal; wrangler answers its questions with yes.
    Progress,
    /// The terminal, where wrangler also asks.
    Dialogue,
}

/// Runs it to its end, and returns what it printed for the caller.
///
/// # Errors
/// It cannot be started, or refuses: why.
pub fn run(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let fault = |e| Fault::new(format_args!("wrangler: {e}"));
    let mut command = Command::new("wrangler");
    command.args(call.args);
    if call.prints != Prints::Answer {
        if call.prints == Prints::Dialogue {
            command.env_remove("CI");
        }
        // Standard output is for the answer of the whole command.
        let status = command.stdout(std::io::stderr()).status().map_err(fault)?;
        return match status.success() {
            true => Ok(Vec::new()),
            false => Err(Fault::new(format_args!("`wrangler {}` failed: see above", call.args.join(" ")))),
        };
    }
    let mut child = command
        .stdin(if call.input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(fault)?;
    if let Some(mut stdin) = child.stdin.take() {
        // It may end without reading, and then says why.
        let _ = stdin.write_all(call.input.as_bytes());
    }
    let output = child.wait_with_output().map_err(fault)?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(refusal(&output.stdout, &output.stderr)),
    }
}

/// Why it refused: with `--json` it says so on standard output.
fn refusal(stdout: &[u8], stderr: &[u8]) -> Fault {
    #[derive(Deserialize)]
    struct Text {
        text: String,
        #[serde(default)]
        notes: Vec<Text>,
    }
    #[derive(Deserialize)]
    struct Answer {
        error: Text,
    }
    match serde_json::from_slice::<Answer>(stdout) {
        Ok(Answer { error }) => {
            let notes = error.notes.iter().map(|note| note.text.as_str());
            Fault::new(std::iter::once(error.text.as_str()).chain(notes).collect::<Vec<_>>().join("\n"))
        }
        Err(_) => {
            let said = [stderr, stdout].map(|text| String::from_utf8_lossy(text).trim().to_owned());
            Fault::new(format_args!("wrangler failed\n{}", said.join("\n").trim()))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_shown_wherever_it_was_printed() {
        let local = refusal(b"\n{ \"error\": { \"text\": \"no such table: users: SQLITE_ERROR\" } }\n", b"");
        assert_eq!(local.to_string(), "no such table: users: SQLITE_ERROR");
        let remote =
            json!({ "error": { "text": "A request failed.", "notes": [{ "text": "not found" }], "code": 7404 } });
        assert_eq!(refusal(remote.to_string().as_bytes(), b"").to_string(), "A request failed.\nnot found");
        assert_eq!(refusal(b"", b"command not known\n").to_string(), "wrangler failed\ncommand not known");
    }
}

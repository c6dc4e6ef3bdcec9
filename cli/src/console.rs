//! The terminal: what is asked there, and how counts read.

use std::io::{self, BufRead, IsTerminal, Write};

use airlock::ports::Fault;

/// Whether someone is there who sees questions and can answer them.
pub fn someone_can_answer() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// What is typed in answer to a question: nothing if the input has ended.
///
/// # Errors
/// The question cannot be shown, or the answer not read.
pub fn ask(question: &str, mut input: impl BufRead, mut output: impl Write) -> Result<String, Fault> {
    write!(output, "{question}").and_then(|()| output.flush()).map_err(Fault::new)?;
    let mut typed = String::new();
    input.read_line(&mut typed).map_err(Fault::new)?;
    Ok(typed)
}

/// How many, of what.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

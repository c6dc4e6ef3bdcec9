//! Files in the project's folder.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use airlock::ports::Fault;

/// What a file says.
///
/// # Errors
/// It cannot be read.
pub fn read(folder: &Path, file: &str) -> Result<String, Fault> {
    fs::read_to_string(folder.join(file)).map_err(|e| Fault::new(format_args!("{file}: {e}")))
}

/// The same for a file that may not be there.
///
/// # Errors
/// It is there and cannot be read.
pub fn read_if_there(folder: &Path, file: &str) -> Result<Option<String>, Fault> {
    match fs::read_to_string(folder.join(file)) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(|e| Fault::new(format_args!("{file}: {e}"))),
    }
}

/// Writes the whole file, or leaves what was there.
///
/// # Errors
/// It cannot be written.
pub fn write(folder: &Path, file: &str, text: &str, mode: u32) -> Result<(), Fault> {
    let new = folder.join(format!("{file}.new"));
    let written = || {
        let _ = fs::remove_file(&new); // left by an interrupted run
        let mut opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        opened.write_all(text.as_bytes())?;
        opened.sync_all()?;
        fs::rename(&new, folder.join(file))
    };
    written().map_err(|e| Fault::new(format_args!("{file}: {e}")))
}

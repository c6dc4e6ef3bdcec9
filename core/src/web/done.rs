//! What a page says was done: in its address, where anyone can write anything, so it carries a MAC of the session in which
//! it was done.

use crate::{
    people::names::{EMAIL_MAX_BYTES, canonical_name},
    secret::Keyring,
};

/// What the MAC is for.
const PURPOSE: &str = "done";

/// `what` as the address of a page of this session tells it.
pub fn seal(peppers: &Keyring, session_id: &str, what: &str) -> String {
    format!("{what}.{}", peppers.current().mac(PURPOSE, &[session_id, what]))
}

/// What was done, and to what, as the page called it whose button was pressed. Without a name nothing is said of it.
pub fn to(what: &str, name: &str) -> String {
    format!("{what} {}", canonical_name(name, EMAIL_MAX_BYTES).unwrap_or_default())
}

/// The same, apart.
pub fn parts(done: &str) -> (&str, &str) {
    done.split_once(' ').unwrap_or((done, ""))
}

/// What was done in this session, if the address does not just claim it.
pub fn read<'t>(peppers: &Keyring, session_id: &str, told: &'t str) -> Option<&'t str> {
    let (what, mac) = told.rsplit_once('.')?;
    peppers.all().any(|key| key.mac_matches(PURPOSE, &[session_id, what], mac)).then_some(what)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn only_what_was_sealed_in_this_session_is_believed() {
        let old = "p1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        let peppers = Keyring::parse(old).unwrap();
        let told = seal(&peppers, "s1", "reset a.b");
        assert_eq!(read(&peppers, "s1", &told), Some("reset a.b"));
        assert_eq!(read(&peppers, "s2", &told), None);
        for claimed in ["reset a.b", "", ".", "reset a.b.", &told.replace("reset", "removed")] {
            assert_eq!(read(&peppers, "s1", claimed), None, "{claimed}");
        }
        let newer = format!("p2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=,{old}");
        assert_eq!(read(&Keyring::parse(&newer).unwrap(), "s1", &told), Some("reset a.b"));
    }
}

//! Names and addresses: what is taken, and its one spelling.

/// Longest e-mail address in bytes (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX_BYTES: usize = 254;

/// Longest name of a person or an account, in characters.
pub const NAME_MAX_CHARS: usize = 100;

/// Longest name of a thing: an authenticator, an API token.
pub const THING_NAME_MAX_CHARS: usize = 64;

/// Longest part of an e-mail address before its `@`, in bytes (RFC 5321 §4.5.3.1.1).
pub const LOCAL_MAX_BYTES: usize = 64;

/// A name without surrounding spaces, if it has 1 to `most` characters and all can be seen.
pub fn canonical_name(typed: &str, most: usize) -> Option<&str> {
    // As it was sent: what is trimmed away counts too, so that a description of the API can say what is taken.
    let plain = typed.chars().count() <= most && !typed.chars().any(unseen);
    let name = typed.trim();
    // What joins letters joins none alone.
    (plain && name.chars().any(|c| !c.is_whitespace() && !JOINERS.contains(&c))).then_some(name)
}

/// They shape Persian and Indic words, so names may hold them.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Whether nobody sees a character where it stands alone: a space, or what only changes how others look.
pub fn invisible(c: char) -> bool {
    c.is_whitespace() || unseen(c) || JOINERS.contains(&c) || matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// Whether a character only changes how others look, or ends a line: two names that look the same would not be.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'
            | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
}

/// The one spelling of an address that someone new is invited by: `local@domain` in ASCII and in lower case, a dot-atom
/// (RFC 5321 §4.1.2, without quoted strings) at a name of the DNS. A domain of other letters is typed in its `xn--` form.
pub fn canonical_email(typed: &str) -> Option<String> {
    let email = typed.trim_matches([' ', '\t', '\r', '\n']);
    let (local, domain) = email.split_once('@')?;
    let atom = |atom: &str| !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || ATEXT.contains(&b));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    // As it was sent, like a name.
    let plain = typed.len() <= EMAIL_MAX_BYTES
        && local.len() <= LOCAL_MAX_BYTES
        && local.split('.').all(atom)
        && domain.split('.').all(label);
    plain.then(|| email.to_ascii_lowercase())
}

/// Text as searches compare it: small letters for those of Latin, Greek, Cyrillic and Armenian, each pair by how far it lies
/// apart. The same as the view `called` has them.
pub fn folded(text: &str) -> String {
    let fold = |c: char| {
        let u = u32::from(c);
        let apart = match u {
            65..=90 | 192..=214 | 216..=222 | 913..=929 | 931..=939 | 1040..=1071 => 32,
            1024..=1039 => 80,
            1329..=1366 => 48,
            256..=303
            | 306..=311
            | 330..=375
            | 416..=421
            | 478..=495
            | 504..=543
            | 546..=563
            | 1120..=1153
            | 1162..=1215
            | 1232..=1327
            | 7680..=7829
            | 7840..=7935 => 1 - u % 2,
            313..=328 | 377..=382 | 431 | 461..=476 | 1217..=1230 => u % 2,
            902 => 38,
            904..=906 => 37,
            908 => 64,
            910 | 911 => 63,
            _ => 0,
        };
        char::from_u32(u + apart).unwrap_or(c)
    };
    text.chars().map(fold).collect()
}

/// What an atom may hold beside letters and digits (RFC 5322 §3.2.3).
const ATEXT: &[u8] = b"!#$%&'*+-/=?^_`{|}~";

/// An address as someone signs in with it: also one from before [`canonical_email`] was as strict.
pub fn typed_email(typed: &str) -> Option<String> {
    let email = typed.trim_matches(invisible);
    let (local, domain) = email.rsplit_once('@')?;
    let plain = email.len() <= EMAIL_MAX_BYTES && !email.chars().any(|c| c.is_control() || c.is_whitespace());
    (plain && !local.is_empty() && !domain.is_empty()).then(|| email.to_ascii_lowercase())
}

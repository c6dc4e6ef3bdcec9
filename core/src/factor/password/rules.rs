//! Which passwords may be set: long enough, and not among the first that someone would guess (NIST SP 800-63B-4
//! §3.1.1.2, ASVS 5.0 6.2). There are no rules on which characters to use. What is judged is the form in which it is hashed.

use std::iter;

use zeroize::Zeroizing;

use super::{
    MAX_BYTES,
    common::{is_common, spelt},
};
use crate::texts::Message;

/// Fewest Unicode code points: NIST's minimum where the password can be the only factor.
pub const MIN_CHARS: usize = 15;

/// Most Unicode code points; NIST asks that at least 64 are allowed.
pub const MAX_CHARS: usize = 256;

// UTF-8 takes at most four bytes for a code point, so a password that may be set is never too long to be verified.
const _: () = assert!(MAX_CHARS * 4 <= MAX_BYTES);

/// Why a password may not be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Fewer than [`MIN_CHARS`] code points.
    TooShort,
    /// More than [`MAX_CHARS`] code points.
    TooLong,
    /// Made of common words, repetitions or sequences.
    Common,
    /// Made of what is known about the user or the site.
    Personal,
}

impl Refusal {
    /// Its name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Common => "common",
            Self::Personal => "personal",
        }
    }

    /// What people are told.
    pub fn message(self) -> Message {
        match self {
            Self::TooShort => Message::PasswordTooShort,
            Self::TooLong => Message::PasswordTooLong,
            Self::Common => Message::PasswordCommon,
            Self::Personal => Message::PasswordPersonal,
        }
    }
}

/// Whether `password` may be set. `personal` is what a guesser would know of its user: the e-mail address, its local
/// part, the user's name, the site's name, composed as it is. The name of this product is added here.
///
/// # Errors
/// Why it may not.
pub(super) fn acceptable(password: &str, personal: &[impl AsRef<str>]) -> Result<(), Refusal> {
    let chars = password.chars().count();
    if chars < MIN_CHARS {
        return Err(Refusal::TooShort);
    }
    if chars > MAX_CHARS {
        return Err(Refusal::TooLong);
    }
    let typed = lower_case(password);
    let names = names(personal);
    if is_personal(&typed, &names) {
        return Err(Refusal::Personal);
    }
    if is_common(&typed, &names) {
        return Err(Refusal::Common);
    }
    Ok(())
}

/// Each entry as a whole and each of its words, in lower case without spaces and punctuation. Names of one or two
/// characters are left out: they turn up in other words too easily.
fn names(personal: &[impl AsRef<str>]) -> Vec<String> {
    let entries = personal.iter().map(AsRef::as_ref).chain(["airlock"]);
    let parts = entries.flat_map(|entry| iter::once(entry).chain(entry.split(|c: char| !c.is_alphanumeric())));
    let names = parts.map(|part| lower_case(part).iter().filter(|c| c.is_alphanumeric()).collect::<String>());
    names.filter(|name| name.chars().count() >= 3).collect()
}

/// Whether the password consists of names and digits alone, whatever spaces and punctuation stand between them.
fn is_personal(typed: &[char], names: &[String]) -> bool {
    let mut text = Zeroizing::new(Vec::with_capacity(typed.len()));
    text.extend(typed.iter().copied().filter(|c| c.is_alphanumeric()));
    // At each index, if that many characters from the beginning are names and digits: how many of them are in names.
    let mut named: Vec<Option<usize>> = iter::once(Some(0)).chain(iter::repeat_n(None, text.len())).collect();
    for start in 0..text.len() {
        let (Some(&Some(before)), Some(rest)) = (named.get(start), text.get(start..)) else { continue };
        let mut reach = |length: usize, in_name: usize| {
            if let Some(end) = named.get_mut(start + length) {
                *end = (*end).max(Some(before + in_name));
            }
        };
        if rest.first().is_some_and(|c| c.is_numeric()) {
            reach(1, 0);
        }
        names.iter().filter_map(|name| spelt(rest, name)).for_each(|length| reach(length, length));
    }
    named.last().is_some_and(|whole| *whole > Some(0))
}

/// The text in lower case, wiped when dropped. No text has more characters than bytes, in lower case either, so there
/// is room from the start and growing leaves no copy behind.
fn lower_case(text: &str) -> Zeroizing<Vec<char>> {
    let mut lower = Zeroizing::new(Vec::with_capacity(text.len()));
    lower.extend(text.chars().flat_map(char::to_lowercase));
    lower
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    fn set(password: &str) -> Result<(), Refusal> {
        let personal = ["Jane.Doe-85@example.com", "Jane.Doe-85", "Jane Österberg", "The Tea Shop"];
        acceptable(password, &personal)
    }

    #[test]
    fn r01_length_is_counted_in_code_points() {
        assert_eq!(set("gH7kQ2mX9pL4vT"), Err(Refusal::TooShort));
        assert_eq!(set("gH7kQ2mX9pL4vT6"), Ok(()));
        assert_eq!(set(&"é".repeat(14)), Err(Refusal::TooShort));
        assert_eq!(set(&"é".repeat(15)), Ok(()));
        assert_eq!(set(&"🔑".repeat(15)), Ok(()));
        assert_eq!(set(""), Err(Refusal::TooShort));
    }

    #[test]
    fn r02_at_most_256_code_points_of_any_size() {
        let random = "x7kp2vqm9lw4zgh3tq8rb6nc5yd1sfj0";
        assert_eq!(set(&random.repeat(4)), Ok(()));
        assert_eq!(set(&random.repeat(8)), Ok(()));
        assert_eq!(set(&format!("{}x", random.repeat(8))), Err(Refusal::TooLong));
        assert_eq!(set(&"🔑".repeat(256)), Ok(()));
        assert_eq!(set(&"🔑".repeat(257)), Err(Refusal::TooLong));
    }

    #[test]
    fn r03_any_characters_will_do() {
        assert_eq!(set("qwmznxbvtrpeyuskdlfa"), Ok(()));
        assert_eq!(set("grey stones under moss"), Ok(()));
        assert_eq!(set("739105826493017"), Ok(()));
        assert_eq!(set("мой кот любит сметану"), Ok(()));
    }

    #[test]
    fn r04_common_passwords_are_refused_with_the_reason() {
        for password in ["passwordpassword", "1q2w3e4r5t6y7u8i9o0p", "aaaaaaaaaaaaaaa", "Jane.password.2024"] {
            assert_eq!(set(password), Err(Refusal::Common), "{password}");
        }
        assert_eq!(set("passwordqzkfwmxbtj"), Ok(()), "a common word and ten random letters");
    }

    #[test]
    fn r05_what_is_known_of_the_user_and_the_site_is_refused() {
        for password in [
            "jane.doe-85@example.com",
            "JANE.DOE-85@EXAMPLE.COM",
            "JaneDoe85JaneDoe85",
            "jane österberg 1985",
            "ÖsterbergJane!!2024",
            "d03 j4n3 österberg",
            "theteashop theteashop",
            "Airlock 2025 airlock",
            "airlock-airlock",
        ] {
            assert_eq!(set(password), Err(Refusal::Personal), "{password}");
        }
        assert_eq!(set("jane waters eleven ferns"), Ok(()));
        assert_eq!(set("airlock qzkfwmxbtj"), Ok(()));
        assert_eq!(set("739105826493017"), Ok(()), "digits alone are not personal");
        assert_eq!(acceptable("airlockairlock1", &[""; 0]), Err(Refusal::Personal));
        assert_eq!(acceptable("grey stones under moss", &["", " ", "@", "a"]), Ok(()));
    }

    #[test]
    fn each_refusal_has_a_name_and_says_what_to_do() {
        let all = [Refusal::TooShort, Refusal::TooLong, Refusal::Common, Refusal::Personal];
        assert_eq!(all.map(Refusal::code), ["too_short", "too_long", "common", "personal"]);
        let detail = |language: Language, refusal: Refusal| language.say(refusal.message()).detail;
        assert!(all.iter().all(|refusal| detail(Language::En, *refusal).contains("Use ")));
        for language in Language::ALL {
            assert!(detail(language, Refusal::TooShort).contains(&MIN_CHARS.to_string()));
            assert!(detail(language, Refusal::TooLong).contains(&MAX_CHARS.to_string()));
        }
    }

    /// Strings of up to 300 characters from ever fewer different ones, so that repetitions come up too.
    #[test]
    fn no_text_makes_it_panic() {
        let characters: Vec<char> = "a1@ßİẞΣ\u{301}\u{200d}🔑\0\u{10ffff}zZ09-_ éK\u{fb01}ǆ\n".chars().collect();
        let mut state = 1_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or(0) % below
        };
        for _ in 0..1500 {
            let (length, kinds) = (next(300), 1 + next(characters.len()));
            let first = next(characters.len());
            let mut text = |length: usize| -> String {
                let chosen = (0..length).map(|_| characters.get((first + next(kinds)) % characters.len()));
                chosen.flatten().collect()
            };
            let (password, name) = (text(length), text(length / 8));
            let _ = acceptable(&password, &[name.as_str(), "Jane"]);
        }
    }
}

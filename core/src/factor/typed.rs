//! Codes as people type and paste them: digits of any script, and between them whatever a phone, a mail or a word processor puts
//! there. Only what a code is made of counts.

use crate::people::names::invisible;

/// What stands in a code, in ASCII where there is such a character: without spaces, dashes and what nobody sees.
pub(super) fn meant(typed: &str) -> impl Iterator<Item = char> {
    typed.chars().map(plain).filter(|c| !invisible(*c) && !dash(*c))
}

/// A digit of any script and a full-width character as ASCII has them.
fn plain(c: char) -> char {
    let code = u32::from(c);
    let of_digit =
        || ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|digit| *digit < 10)).map(|d| d + 0x30);
    let full_width = || code.checked_sub(0xfee0).filter(|ascii| (0x21..0x7f).contains(ascii));
    of_digit().or_else(full_width).and_then(char::from_u32).unwrap_or(c)
}

/// Dashes, and what keyboards have in their place: a minus, a bullet, the long vowel of Japanese.
fn dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2d7}' | '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{2212}'
                | '\u{2e17}'
                | '\u{2e1a}'
                | '\u{2e3a}'
                | '\u{2e3b}'
                | '\u{2e40}'
                | '\u{2e5d}'
                | '\u{301c}'
                | '\u{3030}'
                | '\u{30a0}'
                | '\u{30fc}'
                | '\u{fe31}'
                | '\u{fe32}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff70}'
                | '\u{10d6e}'
                | '\u{10ead}'
    )
}

/// The zero of each script (Unicode 17, general category Nd): nine digits follow it. ASCII's and the full-width ones are left out.
const ZEROS: [u32; 75] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
    0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
    0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0,
    0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50,
    0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2,
    0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> String {
        meant(typed).collect()
    }

    #[test]
    fn a_digit_of_any_script_is_its_digit() {
        for zero in ZEROS.into_iter().chain([0x30, 0xff10]) {
            let digits: String = (zero..zero + 10).filter_map(char::from_u32).collect();
            assert!(digits.chars().all(char::is_numeric), "{zero:x}");
            assert_eq!(read(&digits), "0123456789", "{zero:x}");
        }
        // No other number is one: neither fractions nor Roman numerals, nor circled or Chinese digits.
        for other in ["½", "Ⅳ", "①", "²", "〇", "四"] {
            assert_eq!(read(other), other);
        }
    }

    #[test]
    fn spaces_dashes_and_what_nobody_sees_are_left_out() {
        let between = " \u{a0}\u{2007}\u{202f}\u{3000}\t\r\n-\u{2010}\u{2011}\u{2013}\u{2014}\u{2212}\u{ad}\u{ff0d}\u{30fc}\
                       \u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{202a}\u{202c}\u{2060}\u{2066}\u{2069}\u{feff}\u{fe0f}";
        for c in between.chars() {
            assert_eq!(read(&format!("{c}1{c}2{c}")), "12", "{c:?}");
        }
        assert_eq!(read("1.2,3+4_5'6"), "1.2,3+4_5'6");
        assert_eq!(read("ＡＢＣｘｙｚ０９"), "ABCxyz09");
    }
}

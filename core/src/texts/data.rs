//! Texts are data: the Workers' Wasm has none of them. The command `texts` writes what a Worker says in each language into files beside
//! its Wasm, and whatever serves a request has the one that it needs read first. Here: the macros that declare texts, how they are
//! filled in, and how they are written and read.

use std::marker::PhantomData;

use crate::{ports::Fault, texts::Language};

/// A title and what it means; or a subject and a mail.
pub(crate) type Told = (&'static str, &'static str);

/// What is filled into a text.
#[derive(Clone, Copy)]
pub(crate) enum Filling<'a> {
    /// As it is.
    Text(&'a str),
    /// In digits; and it says which form of a word goes with it.
    Number(i64),
}

impl<'a> From<&'a str> for Filling<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Filling<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Filling<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Filling<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number.try_into().unwrap_or(i64::MAX))
    }
}

impl Language {
    /// Fills in a text. In braces is the name of what goes there: `{email}`; or, of a number, the forms that go with it, one for each
    /// plural category of the language (CLDR), in that order: `{n|code|codes}`. One for none at all may be before them:
    /// `{n|=0 no codes|one code|{n} codes}`. What is filled in is not looked at again, whatever it has in it.
    pub(crate) fn fill(self, text: &str, fillings: &[(&str, Filling<'_>)]) -> String {
        let mut out = String::with_capacity(2 * text.len());
        self.fill_into(&mut out, text, fillings);
        out
    }

    fn fill_into(self, out: &mut String, text: &str, fillings: &[(&str, Filling<'_>)]) {
        let mut rest = text;
        while let Some((plain, after)) = rest.split_once('{') {
            out.push_str(plain);
            let mut depth = 1;
            let end = |c| {
                depth += match c {
                    '{' => 1,
                    '}' => -1,
                    _ => 0,
                };
                depth == 0
            };
            let Some((place, after)) = after.find(end).and_then(|at| Some((after.get(..at)?, after.get(at + 1..)?)))
            else {
                return;
            };
            rest = after;
            let (name, forms) = place.split_once('|').map_or((place, None), |(name, forms)| (name, Some(forms)));
            let filling = fillings.iter().find(|(of, _)| *of == name).map(|(_, filling)| *filling);
            match (filling, forms) {
                (Some(Filling::Number(n)), Some(forms)) => self.fill_into(out, self.form(forms, n), fillings),
                (Some(Filling::Number(n)), None) => out.push_str(&n.to_string()),
                (Some(Filling::Text(text)), None) => out.push_str(text),
                _ => {}
            }
        }
        out.push_str(rest);
    }

    /// The one of these forms that goes with a number.
    fn form(self, forms: &str, n: i64) -> &str {
        let none = forms.strip_prefix("=0 ").map(|forms| forms.split_once('|').unwrap_or((forms, forms)));
        match none {
            Some((none, _)) if n == 0 => none,
            _ => none.map_or(forms, |(_, forms)| forms).split('|').nth(self.plural(n)).unwrap_or_default(),
        }
    }

    /// Which of its plural categories a whole number has (CLDR, cardinal).
    pub(super) fn plural(self, n: i64) -> usize {
        usize::from(match self {
            Self::En | Self::De => n != 1,
            Self::Hi => !matches!(n, 0 | 1),
        })
    }
}

/// What has texts by its members, each with a place in a table.
pub(crate) trait Listed: Copy + 'static {
    /// Each, in the order of their places.
    const ALL: &'static [Self];
    /// Their names.
    const NAMES: &'static str;
    /// Its own place.
    fn place(self) -> usize;
}

/// A text of two parts for each of `T`.
pub(crate) enum Table<T: 'static> {
    /// As a language has it in its sources: one that is left out does not compile.
    #[cfg(not(target_arch = "wasm32"))]
    Written(fn(T) -> Told),
    /// As it was read, in the order of places.
    Read(Vec<Told>, PhantomData<fn(T)>),
}

impl<T: Listed> Table<T> {
    /// What was not read.
    pub(crate) const NONE: Self = Self::Read(Vec::new(), PhantomData);

    pub(crate) fn get(&self, of: T) -> Told {
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Self::Written(told) => told(of),
            Self::Read(all, _) => all.get(of.place()).copied().unwrap_or_default(),
        }
    }

    /// All of it, one after another.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn parts(&self) -> Vec<&'static str> {
        T::ALL.iter().flat_map(|of| <[_; 2]>::from(self.get(*of))).collect()
    }

    /// The same, read again.
    pub(crate) fn read(parts: &mut Parts) -> Self {
        Self::Read(T::ALL.iter().map(|_| (parts.next(), parts.next())).collect(), PhantomData)
    }
}

/// What comes between two texts.
const BETWEEN: char = '\0';

/// Texts that are read.
pub(crate) struct Parts {
    rest: std::str::Split<'static, char>,
    short: bool,
}

impl Parts {
    /// The next one.
    #[inline(never)]
    pub(crate) fn next(&mut self) -> &'static str {
        let next = self.rest.next();
        self.short |= next.is_none();
        next.unwrap_or_default()
    }

    /// The next ones.
    pub(crate) fn take<const N: usize>(&mut self) -> [&'static str; N] {
        std::array::from_fn(|_| self.next())
    }
}

/// All texts of a file: first `head`, which says what they are.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn file(head: u64, parts: &[Vec<&'static str>]) -> String {
    let parts = parts.iter().flatten().flat_map(|part| [&BETWEEN.to_string(), *part].map(str::to_owned));
    std::iter::once(head.to_string()).chain(parts).collect()
}

/// Reads such a file, if it has this head, and all that its reader takes and no more. It stays in memory.
///
/// # Errors
/// Anything else is none of this release's.
pub(crate) fn read<T>(data: Vec<u8>, head: u64, with: impl FnOnce(&mut Parts) -> T) -> Result<T, Fault> {
    let text: &'static str = String::from_utf8(data).map_err(Fault::new)?.leak();
    let mut parts = Parts { rest: text.split(BETWEEN), short: false };
    let right = parts.next() == head.to_string();
    let read = with(&mut parts);
    match right && !parts.short && parts.rest.next().is_none() {
        true => Ok(read),
        false => Err(Fault::new("texts of another release")),
    }
}

/// What stays in memory.
pub(crate) fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// A number that stands for names (FNV-1a): texts that were written by others are not taken for these.
pub(crate) const fn digest(names: &[&str]) -> u64 {
    let (mut hash, mut names) = (0xcbf2_9ce4_8422_2325_u64, names);
    while let [name, rest @ ..] = names {
        let mut bytes = name.as_bytes();
        while let [byte, rest @ ..] = bytes {
            hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
            bytes = rest;
        }
        names = rest;
    }
    hash
}

/// An enum whose members are [`Listed`].
macro_rules! listed {
    ($(#[$about:meta])* pub enum $name:ident {
        $($(#[$of:meta])* $member:ident $({ $field:ident: $type:ty })?,)*
    }) => {
        $(#[$about])*
        pub enum $name {
            $($(#[$of])* $member $({ #[expect(missing_docs, reason = "the texts say what it is")] $field: $type })?,)*
        }

        impl $crate::texts::Listed for $name {
            const ALL: &'static [Self] = &[$(Self::$member { $($field: 0)? }),*];
            const NAMES: &'static str = concat!($(stringify!($member), " "),*);

            fn place(self) -> usize {
                enum Place { $($member),* }
                (match self { $(Self::$member { .. } => Place::$member),* }) as usize
            }
        }
    };
}

pub(crate) use listed;

/// Texts: first what is said as it is, then what has something to fill in ([`Language::fill`]).
macro_rules! texts {
    (
        #[doc = $doc:literal] $name:ident { $($more:ident: $more_type:ty = $none:expr),* }
        $($plain:ident),* ; $($filled:ident($($value:ident: $type:ty),*)),* $(,)?
    ) => {
        #[doc = $doc]
        pub struct $name {
            $(pub(crate) $plain: &'static str,)*
            $(pub(crate) $filled: &'static str,)*
            $(pub(crate) $more: $more_type,)*
        }

        impl $name {
            /// What is said where none were read: nothing.
            const NONE: Self = Self { $($plain: "",)* $($filled: "",)* $($more: $none,)* };

            /// The names of all of them, and of what is filled in.
            const NAMES: &'static str =
                concat!($(stringify!($plain), " ",)* $(stringify!($filled), "(", $(stringify!($value), " ",)* ")",)*);

            /// What is said as it is, by the names of the fields.
            #[cfg(not(target_arch = "wasm32"))]
            pub fn plain(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($plain), self.$plain)),*]
            }

            /// What has something to fill in, by the names of the fields, and the names of that.
            #[cfg(not(target_arch = "wasm32"))]
            pub fn filled(&self) -> Vec<(&'static str, &'static str, &'static [&'static str])> {
                vec![$((stringify!($filled), self.$filled, &[$(stringify!($value)),*])),*]
            }

            /// All of them, one after another.
            #[cfg(not(target_arch = "wasm32"))]
            fn parts(&self) -> Vec<&'static str> {
                vec![$(self.$plain,)* $(self.$filled,)*]
            }

            /// The same, read again.
            fn read(parts: &mut $crate::texts::data::Parts, ($($more,)*): ($($more_type,)*)) -> Self {
                let [$($plain,)* $($filled,)*] = parts.take();
                Self { $($plain,)* $($filled,)* $($more,)* }
            }

            $(pub(crate) fn $filled(&self, $($value: $type),*) -> String {
                self.written_in.fill(self.$filled, &[$((stringify!($value), $value.into())),*])
            })*
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_filled_in_once_from_left_to_right() {
        let fill = |text: &str, fillings: &[(&str, Filling<'_>)]| Language::En.fill(text, fillings);
        let typed = [("a", "{b} | {".into()), ("b", "no".into())];
        assert_eq!(fill("x {a} y {b}{c} z", &typed), "x {b} | { y no z", "what others typed is no text of ours");
        assert_eq!(fill("{a", &typed), "", "a brace alone");
        assert_eq!(fill("}{n|one|{n} of {m}}.", &[("n", 12_u32.into()), ("m", 5_i64.into())]), "}12 of 5.");
        let codes = |n: i64| fill("{n|=0 none|one|{n}} left", &[("n", n.into())]);
        assert_eq!([0, 1, 2].map(codes), ["none left", "one left", "2 left"]);
        assert_eq!(fill("{a|one|other}", &typed), "", "of what is no number there are no forms");
        assert_eq!(fill("{n}", &[("n", u64::MAX.into())]), i64::MAX.to_string());
    }

    /// <https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html>
    #[test]
    fn each_language_has_its_plural_categories() {
        let of = |language: Language| [0, 1, 2, 11, 100].map(|n| language.plural(n));
        assert_eq!(Language::ALL.map(of), [[1, 0, 1, 1, 1], [1, 0, 1, 1, 1], [0, 0, 1, 1, 1]]);
    }
}

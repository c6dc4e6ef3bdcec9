//! Lists of paths in the operator's settings. Servers read odd spellings of a path differently (`%2f`, `//`, `;x`, `.json`),
//! so a path is public only if every server reads it as one that is, and needs a step-up if any reads it as one that does.

use std::cell::OnceCell;

use super::readings::{decoded, folded, is_script, loose_readings, readings};
use crate::flows::Prefix;

/// The longest path that is looked for in a list. One that is longer is in none for sure, and may be in any.
pub const PATH_MAX_BYTES: usize = 2 * 1024;

/// Paths: `/health` is that one, `/assets/*` everything below `/assets/`, `/app-*.js` whatever has one or more characters there
/// within the segment. `OPTIONS /api/*` is only for requests by that method, `GET,PUT /x` for those by one of several, and HEAD
/// goes with GET. Where a step-up is asked for, `/settings` is everything below `/settings/` too: what follows a page's name is
/// to many servers its argument.
#[derive(Default)]
pub struct Paths(Vec<Pattern>);

struct Pattern {
    /// By which methods; none: by all.
    methods: Vec<String>,
    /// Without the `/*`.
    path: String,
    /// All that servers read it as, once somebody asks: hundreds, if it is odd.
    readings: OnceCell<Option<Vec<String>>>,
    /// Its segments as the most forgiving server reads them.
    page: Vec<String>,
    /// Whether it means what is below.
    below: bool,
    /// Whether its page is a folder's own (`/`, `/docs/index.html`), so that what is below is another page.
    folder: bool,
}

impl Paths {
    /// Reads a list separated by spaces.
    ///
    /// # Errors
    /// What is wrong with the first that is.
    pub fn parse(list: &str) -> Result<Self, String> {
        let paths = Self::read(list)?;
        match paths.0.iter().find(|pattern| pattern.readings().is_none()) {
            None => Ok(paths),
            Some(Pattern { path, .. }) => Err(format!("has {path}, which can be read in too many ways")),
        }
    }

    /// The same for a list that was found right before. What is wrong after all opens nothing.
    ///
    /// # Errors
    /// As [`Paths::parse`], but for how servers read it.
    pub fn read(list: &str) -> Result<Self, String> {
        let (mut patterns, mut methods) = (Vec::new(), None);
        for word in list.split_ascii_whitespace() {
            match methods.take() {
                None if is_methods(word) => methods = Some(word),
                before => patterns.push(Pattern::parse(before, word)?),
            }
        }
        match methods {
            None => Ok(Self(patterns)),
            Some(methods) => Err(format!("has {methods} with no path behind it")),
        }
    }

    /// The same for a list in which a method would mean nothing.
    ///
    /// # Errors
    /// As [`Paths::parse`].
    pub fn parse_without_methods(list: &str) -> Result<Self, String> {
        let paths = Self::parse(list)?;
        match paths.0.iter().find(|pattern| !pattern.methods.is_empty()) {
            None => Ok(paths),
            Some(Pattern { path, methods, .. }) => {
                Err(format!("has {} {path}: no method is asked about here", methods.join(",")))
            }
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first that is not the app's.
    pub fn within(&self, prefix: &Prefix) -> Option<&str> {
        self.0.iter().map(|pattern| pattern.path.as_str()).find(|path| prefix.within(path).is_some())
    }

    /// Whether a pattern means every path, by a method that does anything.
    pub fn everything(&self) -> bool {
        let anything = |pattern: &Pattern| pattern.below && segments(&pattern.path).all(|segment| segment == "*");
        let does = |pattern: &Pattern| pattern.methods.iter().any(|method| method != "OPTIONS");
        self.0.iter().any(|pattern| anything(pattern) && (pattern.methods.is_empty() || does(pattern)))
    }

    /// Whether this method and path are among these as they are written, however anyone reads them.
    pub fn name(&self, method: &str, path: &str) -> bool {
        let path = &upper_slashes(path);
        self.0.iter().any(|pattern| pattern.is_for(method) && pattern.covers(&pattern.path, path))
    }

    /// Whether the path is among these, for everyone who reads it, by this method; HEAD is asked about as GET.
    pub fn surely_are(&self, method: &str, path: &str) -> bool {
        let path = &upper_slashes(path);
        let by_it: Vec<&Pattern> = self.0.iter().filter(|pattern| pattern.is_for(method)).collect();
        let listed = |reading: &String| {
            let reading = upper_slashes(reading);
            by_it.iter().any(|pattern| pattern.reads(&reading))
        };
        // However odd it is, it is one of all.
        let all = by_it.iter().any(|pattern| pattern.path.is_empty());
        let is = |pattern: &&Pattern| pattern.covers(&pattern.path, path);
        all || by_it.iter().any(is)
            && plain(&path.replace(SLASH, "_"))
            && readings(path).is_some_and(|readings| readings.iter().all(listed))
    }

    /// Whether the path is among these for anyone who reads it.
    pub fn may_be(&self, path: &str) -> bool {
        let named = |reading: &str| self.0.iter().any(|pattern| pattern.may_be(reading));
        let listed = |reading: &String| named(reading) || loose_readings(reading).any(|reading| named(&reading));
        !self.is_empty() && readings(path).is_none_or(|readings| readings.iter().any(listed))
    }
}

impl Pattern {
    fn parse(methods: Option<&str>, text: &str) -> Result<Self, String> {
        let (path, below) = text.strip_suffix("/*").map_or((text, false), |path| (path, true));
        let path = &upper_slashes(path);
        if !path.starts_with('/') && text != "/*" {
            return Err(format!("has {text}, which does not begin with /"));
        }
        let odd = path.contains("**") || path.contains(['?', '#', ',']) || below && path.ends_with('/');
        if odd || !plain(&path.replace(SLASH, "_")) && text != "/*" {
            return Err(format!(
                "has {text}: write paths as they are sent, with /* at the end for all that is below, and * within a segment"
            ));
        }
        let mut page: Vec<String> = segments(&folded(&decoded(path))).map(str::to_owned).collect();
        let index = !below && page.last().is_some_and(|last| is_page_itself(last));
        if index {
            page.pop();
        }
        let folder = index || !below && page.is_empty();
        let methods = methods.map_or_else(Vec::new, |methods| methods.split(',').map(str::to_owned).collect());
        Ok(Self { methods, path: path.clone(), readings: OnceCell::new(), page, below, folder })
    }

    fn is_for(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|own| own == method)
    }

    /// Whether the path is this one, or below it if that is meant.
    fn covers(&self, own: &str, path: &str) -> bool {
        let mut rest = path.split('/');
        let meant = own.split('/').all(|own| rest.next().is_some_and(|segment| stands_for(own, segment)));
        let mut below = rest.peekable();
        meant && below.peek().is_some() == self.below && !below.any(|segment| segment.contains(SLASH))
    }

    /// Whether whoever lists this one means what is read so: they know their own server.
    fn reads(&self, reading: &str) -> bool {
        self.readings().is_some_and(|readings| readings.iter().any(|own| self.covers(own, reading)))
    }

    fn readings(&self) -> Option<&[String]> {
        let upper = || Some(readings(&self.path)?.iter().map(|reading| upper_slashes(reading)).collect());
        self.readings.get_or_init(upper).as_deref()
    }

    /// Whether this reading is what is meant, by any of the names that frameworks give a page: with endings (`/settings.json`,
    /// `/settings.en.html`) or, where one is listed, without; and with whatever follows it, for a controller, a script or its data
    /// (`/settings/1`, `/settings.php/x`, `/settings/__data.json`).
    fn may_be(&self, reading: &str) -> bool {
        let mut segments = segments(reading);
        let (mut last, mut shorter) = ("", false);
        let mut page = self.page.iter().peekable();
        while let Some(listed) = page.next() {
            let ends = page.peek().is_none() && !self.below;
            match segments.next() {
                Some(segment) if is_named(listed, segment, ends) => {
                    (last, shorter) = (segment, segment.len() < listed.len() && !is_script(listed));
                }
                _ => return false,
            }
        }
        // What a page without its ending has below it is another page's.
        !self.folder && !shorter || segments.next().is_none_or(|next| stem(last) != last || is_page_itself(next))
    }
}

/// Whether a segment is the one listed, with more endings, or, where that `ends` what is listed, with fewer or more between.
fn is_named(listed: &str, segment: &str, ends: bool) -> bool {
    if listed.contains('*') {
        return may_stand_for(stem(listed), segment);
    }
    let extends = |longer: &str, shorter: &str| longer.strip_prefix(shorter).is_some_and(|rest| rest.starts_with('.'));
    let ending = listed.strip_prefix(stem(listed)).unwrap_or_default();
    segment == listed
        || extends(segment, listed)
        || ends && (extends(listed, segment) || extends(segment, stem(listed)) && segment.ends_with(ending))
}

/// Whether this, below a page, is the page itself or its data: of folders and controllers, SvelteKit, Nuxt, Gatsby, Qwik,
/// React Router.
fn is_page_itself(segment: &str) -> bool {
    matches!(stem(segment), "index" | "default" | "__data" | "_payload" | "page-data" | "q-data" | "_" | "_root")
}

/// A separator that is no separator: as it is written in lists and sent by clients that mean a name with a slash in it.
const SLASH: &str = "%2F";

/// With every [`SLASH`] written in the same way.
fn upper_slashes(path: &str) -> String {
    path.replace("%2f", SLASH)
}

/// Whether a word of a list is methods, such as `GET,PUT`.
fn is_methods(word: &str) -> bool {
    word.split(',').all(|method| !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase() || b == b'-'))
}

/// Whether a segment is what a listed one means: one or more characters for each `*`, none of them a [`SLASH`].
fn stands_for(listed: &str, segment: &str) -> bool {
    let (listed, segment) = (listed.split(SLASH), segment.split(SLASH));
    listed.clone().count() == segment.clone().count() && listed.zip(segment).all(|(listed, piece)| fits(listed, piece))
}

fn fits(listed: &str, piece: &str) -> bool {
    let Some((first, others)) = listed.split_once('*') else { return listed == piece };
    let mut others = others.split('*').peekable();
    let mut rest = piece.strip_prefix(first);
    while let Some(part) = others.next() {
        let mut after = rest.unwrap_or_default().chars();
        if after.next().is_none() {
            return false;
        }
        // The first place that fits leaves the most for what follows.
        rest = match others.peek() {
            Some(_) => after.as_str().split_once(part).map(|(_, rest)| rest),
            None => after.as_str().ends_with(part).then_some(""),
        };
    }
    rest.is_some()
}

/// The same for whoever reads freely: any characters or none for each `*`, and anything behind.
fn may_stand_for(listed: &str, segment: &str) -> bool {
    let (first, others) = listed.split_once('*').unwrap_or((listed, ""));
    let mut rest = segment.strip_prefix(first);
    for part in others.split('*') {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, rest)| rest);
    }
    rest.is_some()
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// A segment up to its first dot, but for one that it begins with.
fn stem(segment: &str) -> &str {
    let end = segment.match_indices('.').find(|(at, _)| *at > 0);
    end.and_then(|(at, _)| segment.get(..at)).unwrap_or(segment)
}

/// Whether every server reads the path in the same way: nothing in it to resolve, to decode into a separator or to drop.
fn plain(path: &str) -> bool {
    let mut escapes = path.split('%');
    let clean = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b';');
    let escaped = |text: &str| {
        let byte = text.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        byte.is_some_and(|byte| match byte {
            b'/' | b'\\' | b'%' | b';' | b'?' | b'#' | b'-' | b'.' | b'_' | b'~' => false,
            // Never in UTF-8, but in spellings of `/` that old decoders took for it.
            0xC0 | 0xC1 | 0xF5.. => false,
            byte => !byte.is_ascii_alphanumeric() && !byte.is_ascii_control(),
        })
    };
    path.starts_with('/')
        && !path.contains("//")
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
        && clean(path)
        && escapes.next().is_some()
        && escapes.all(escaped)
}

#[cfg(test)]
mod tests;

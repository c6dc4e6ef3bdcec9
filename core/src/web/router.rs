//! Routes: tables of method, path, who and what gets there, and where it leads. By them a path is 404, a method 405 with its
//! `Allow`, and a body that is not asked for is refused.

use super::{Outcome, Problem, Request, Stop};
use crate::texts::Message;

/// A row of such a table.
#[derive(Clone, Copy, Debug)]
pub struct Route<E> {
    /// The method.
    pub method: &'static str,
    /// The path, behind what all of the table begin with, with parameters in braces.
    pub path: &'static str,
    /// Whether the path says it all: no request brings a field.
    pub bare: bool,
    /// Whether it is for people alone: their pages show or change how they sign in, or what is shown once. The app shares
    /// the host, and its scripts could ask for these in their user's name: so only navigations get there.
    pub people_only: bool,
    /// Where it leads.
    pub endpoint: E,
}

/// A row.
pub const fn route<E>(method: &'static str, path: &'static str, endpoint: E) -> Route<E> {
    Route { method, path, bare: false, people_only: false, endpoint }
}

impl<E: Copy> Route<E> {
    /// The same, for people alone.
    pub const fn for_people(self) -> Self {
        Self { people_only: true, ..self }
    }

    /// The same, for requests without a field.
    pub const fn bare(self) -> Self {
        Self { bare: true, ..self }
    }

    /// That a request brings no field, where none is asked for.
    ///
    /// # Errors
    /// 413, 415 or 400.
    pub fn check_bare(&self, request: &Request) -> Result<(), Problem> {
        if self.bare { request.no_fields() } else { Ok(()) }
    }
}

/// The row of a request, and what stands for the parameters of its path.
pub struct Found<'t, 'r, E> {
    /// The row.
    pub route: &'t Route<E>,
    parameters: Vec<&'r str>,
}

impl<'r, E> Found<'_, 'r, E> {
    /// The parameter at this place; empty, if the path has fewer.
    pub fn parameter(&self, at: usize) -> &'r str {
        self.parameters.get(at).copied().unwrap_or_default()
    }
}

/// Finds the row of a request for this `path` of theirs. `None`: no row has this path.
///
/// # Errors
/// 405; 403 for a script, where it is for people; what is wrong with a body, where there must be none.
pub fn find<'t, 'r, E: Copy>(
    routes: &'t [Route<E>],
    request: &'r Request,
    path: &'r str,
) -> Result<Option<Found<'t, 'r, E>>, Stop> {
    let found = match fitting(routes, path, request.read_as()) {
        Fit::Route(found) => found,
        Fit::Methods(allow) => return Err(Outcome::MethodNotAllowed(allow).into()),
        Fit::Nothing => return Ok(None),
    };
    if found.route.people_only && request.by_script() {
        return Err(Problem::forbidden(Message::ForPeople).into());
    }
    found.route.check_bare(request)?;
    Ok(Some(found))
}

/// What a table has for a path.
pub enum Fit<'t, 'p, E> {
    /// This row.
    Route(Found<'t, 'p, E>),
    /// Rows for these other methods.
    Methods(String),
    /// No row.
    Nothing,
}

/// The row for this path and method.
pub fn fitting<'t, 'p, E>(routes: &'t [Route<E>], path: &'p str, method: &str) -> Fit<'t, 'p, E> {
    let mut allow = Vec::new();
    for route in routes {
        let Some(parameters) = parameters(route.path, path) else { continue };
        if route.method == method {
            return Fit::Route(Found { route, parameters });
        }
        allow.push(route.method);
        if route.method == "GET" {
            allow.push("HEAD");
        }
    }
    if allow.is_empty() { Fit::Nothing } else { Fit::Methods(allow.join(", ")) }
}

/// What stands for the parameters of `pattern` in `path`, if it fits: a segment for each, or for one with dots all that is left.
fn parameters<'p>(pattern: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let mut path = Some(path);
    let mut found = Vec::new();
    for name in pattern.split('/') {
        let rest = path?;
        let (value, left) = match rest.split_once('/').filter(|_| !name.ends_with("...}")) {
            Some((value, left)) => (value, Some(left)),
            None => (rest, None),
        };
        match name.starts_with('{') && !value.is_empty() {
            true => found.push(value),
            false if name == value => {}
            false => return None,
        }
        path = left;
    }
    path.is_none().then_some(found)
}

//! What someone clicked who has to prove again first who they are, is done afterwards, and nothing that they typed is lost: the
//! page that asks brings the form along, sealed for their session.

use serde::{Deserialize, Serialize};

use super::{INVITATION, RECOVERY_CODES, cookie, join, key_over, keyed_over, prove, repeat, session};
use crate::{
    context::Context,
    people::session::{ENROL_MS, Session, Site},
    secret::Token,
    texts::Texts,
    web::{Body, Outcome, Request, Stop, encoded, with_cookie},
};

/// A form that waits for that.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    path: String,
    query: String,
    fields: Vec<(String, String)>,
    at: i64,
}

/// What it is sealed for.
const ASKED: &str = "asked";

/// How a form is sent.
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// The longest that comes back within the body of a form, in bytes.
const MAX_BYTES: usize = 12 * 1024;

/// The page that asks for a proof, in place of the answer to a form that needs one.
pub async fn instead(cx: &Context<'_>, request: &Request, outcome: Result<Outcome, Stop>) -> Result<Outcome, Stop> {
    let back = match &outcome {
        Ok(Outcome::ReauthRequired(back)) => back,
        Err(Stop::Outcome(outcome)) if let Outcome::ReauthRequired(back) = outcome.as_ref() => back,
        _ => return outcome,
    };
    let about = about(cx, &request.path, request.language().texts());
    match first(cx, request, back, about).await? {
        Some(page) => Ok(page),
        None => outcome,
    }
}

/// The same, for what `about` says. None, where the request is no form of a page of ours, or too large a one: its sender is led
/// there without it.
pub async fn first(
    cx: &Context<'_>,
    request: &Request,
    back: &str,
    about: &'static str,
) -> Result<Option<Outcome>, Stop> {
    let Body::Whole(body) = &request.body else { return Ok(None) };
    let form = cx.form.is_some() && request.wants_html();
    if !form || request.media_type() != FORM_TYPE {
        return Ok(None);
    }
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    let key = fields.iter().position(|(name, _)| name == "key").map(|at| fields.swap_remove(at).1);
    // Where scripts of the app could send a form, only one of these pages comes with its key.
    if cx.config.site == Site::Edge
        && keyed_over(cx, request, &bound(request, cookie(cx, request)), key.as_deref()).is_err()
    {
        return Ok(None);
    }
    let Some(session) = session(cx, request).await? else { return Ok(None) };
    let asked = Asked { path: request.path.clone(), query: request.query.clone(), fields, at: cx.now.0 };
    let sealed = repeat::sealed(cx, &[ASKED, &session.id], &asked)?;
    if sealed.len() > MAX_BYTES {
        return Ok(None);
    }
    let page = prove::reauth_page(cx, request, &session, back.to_owned());
    Ok(Some(Outcome::form(crate::pages::Reauth { asked: sealed, about, ..page })))
}

/// What the key of a form is made over: of an invitation's, its link too.
fn bound<'k>(request: &'k Request, cookie: &'k str) -> Vec<&'k str> {
    match request.path.ends_with(INVITATION) {
        true => vec![cookie, request.cookie(crate::people::session::INVITATION_COOKIE).unwrap_or_default()],
        false => vec![cookie],
    }
}

/// A form that waited in this session, for a quarter of an hour at most.
pub fn asked(cx: &Context<'_>, session: &Session, sealed: Option<&str>) -> Option<Asked> {
    repeat::opened::<Asked>(cx, &[ASKED, &session.id], sealed?).filter(|asked| (cx.now.0 - asked.at).abs() < ENROL_MS)
}

impl Asked {
    /// Where it leads, whatever comes of it: `back`, or where what it makes is shown.
    pub fn leads_to(&self, cx: &Context<'_>, back: String) -> String {
        match cx.config.prefix.within(&self.path) {
            Some(RECOVERY_CODES) => crate::pages::with_return_to(&cx.config.prefix.path(RECOVERY_CODES), &back),
            _ => back,
        }
    }

    /// The form as its sender would send it now, in the session with this token.
    pub fn request(self, cx: &Context<'_>, request: &Request, token: &Token) -> Request {
        let Self { path, query, mut fields, .. } = self;
        let mut again = Request {
            method: "POST".to_owned(),
            host: request.host.clone(),
            path,
            query,
            headers: with_cookie(&request.headers, cx.config.site.cookie(), token.expose()),
            client: request.client.clone(),
            id: request.id.clone(),
            ..Request::default()
        };
        again.headers.retain(|(name, _)| name != "content-type");
        again.headers.push(("content-type".to_owned(), FORM_TYPE.to_owned()));
        fields.push(("key".to_owned(), key_over(cx, &bound(&again, token.expose()))));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        again.body = Body::Whole(encoded(&fields).into_bytes());
        again
    }
}

/// What a page of ours, or a button on one, is for.
pub fn about(cx: &Context<'_>, path: &str, t: &'static Texts) -> &'static str {
    let path = cx.config.prefix.within(path.split('?').next().unwrap_or_default()).unwrap_or_default();
    match path {
        "/enrol" => t.set_up,
        "/password" => t.change_password,
        "/two-factor/disable" => t.turn_off_title,
        "/sessions/end-others" => t.end_others,
        RECOVERY_CODES => t.make_codes,
        join::PAGE => t.join_button,
        path if path.starts_with("/authenticators/") => t.remove_authenticator,
        path if path.starts_with("/sessions/") => t.end_session,
        _ => "",
    }
}

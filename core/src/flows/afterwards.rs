//! What someone clicked who has to prove again first who they are, is done afterwards, and nothing that they typed is lost: the
//! page that asks brings the form along, sealed for their session.

use serde::{Deserialize, Serialize};

use super::{INVITATION, RECOVERY_CODES, cookie, email, join, key_over, keyed_over, prove, repeat};
use crate::{
    context::Context,
    pages,
    people::session::{ENROL_MS, INVITATION_COOKIE, Session, Site},
    secret::Token,
    texts::{Message, Texts},
    web::{Body, Moved, Outcome, Problem, Request, Stop, encoded, with_cookie},
};

/// A form that waits for that.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    path: String,
    query: String,
    fields: Vec<(String, String)>,
    /// What the form is, by all of it.
    form: String,
    /// What it does, as its button says.
    pub about: String,
    /// The link that it joins by, whichever is opened meanwhile.
    link: Option<String>,
    at: i64,
}

/// The same, to be sent on.
pub struct Waiting {
    /// As its sender would send it now.
    pub request: Request,
    /// The form that it was when it came.
    pub form: String,
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

/// The same, for what `about` says. None, where the request is no form of a page of ours: its sender is led there without it. One
/// that is too long to come back is said to be.
pub async fn first(cx: &Context<'_>, request: &Request, back: &str, about: &str) -> Result<Option<Outcome>, Stop> {
    let (Body::Whole(body), Some(form), true) = (&request.body, cx.form, request.wants_html()) else { return Ok(None) };
    if request.media_type() != FORM_TYPE {
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
    let (session, page) = prove::to_prove(cx, request, back.to_owned()).await?;
    let (path, query, form) = (request.path.clone(), request.query.clone(), form.to_owned());
    let link = path.ends_with(INVITATION).then(|| request.cookie(INVITATION_COOKIE)).flatten().map(str::to_owned);
    let asked = Asked { path, query, fields, form, about: about.to_owned(), link, at: cx.now.0 };
    let sealed = repeat::sealed(cx, &[ASKED, &session.id], &asked)?;
    // Each byte of an address may take three in a form.
    if sealed.len() + 3 * back.len() > MAX_BYTES {
        let problem = Problem::new(413, "too_large", Message::TooLongToWait);
        return Ok(Some(Outcome::refused(problem, page)));
    }
    Ok(Some(Outcome::form(pages::Reauth { asked: sealed, about: asked.about, ..page })))
}

/// What the key of a form is made over: of an invitation's, its link too.
fn bound<'k>(request: &'k Request, cookie: &'k str) -> Vec<&'k str> {
    match request.path.ends_with(INVITATION) {
        true => vec![cookie, request.cookie(INVITATION_COOKIE).unwrap_or_default()],
        false => vec![cookie],
    }
}

/// A form that waited in this session, for a quarter of an hour at most.
pub fn asked(cx: &Context<'_>, session: &Session, sealed: Option<&str>) -> Option<Asked> {
    repeat::opened::<Asked>(cx, &[ASKED, &session.id], sealed?).filter(|asked| (cx.now.0 - asked.at).abs() < ENROL_MS)
}

/// The form that waited for the one that a request is, in the session with this id.
pub fn of(cx: &Context<'_>, request: &Request, session_id: &str) -> Option<Asked> {
    #[derive(Deserialize)]
    struct Sealed {
        asked: String,
    }
    let Sealed { asked } = request.fields().ok()?;
    repeat::opened(cx, &[ASKED, session_id], &asked)
}

/// What becomes of the answer to a form that was sent on: where it was not done, another request may have sent the same `proof`, and was
/// faster with both.
pub async fn settled(cx: &Context<'_>, proof: &Request, outcome: Result<Outcome, Stop>) -> Result<Outcome, Stop> {
    if !repeat::may_be_done(&outcome) {
        return outcome;
    }
    match repeat::before(cx, proof).await? {
        None | Some(Outcome::Afterwards(..)) => outcome,
        Some(before) => Ok(before),
    }
}

impl Asked {
    /// Whether it brings the code of a set-up.
    pub fn sets_up(&self, cx: &Context<'_>) -> bool {
        cx.config.prefix.within(&self.path) == Some("/enrol")
    }

    /// It is sent on, in the session that has moved on.
    pub fn after(self, cx: &Context<'_>, request: &Request, moved: Moved) -> Outcome {
        let form = self.form.clone();
        let request = self.request(cx, request, &moved.token);
        Outcome::Afterwards(moved, Box::new(Waiting { request, form }))
    }

    /// The form as its sender would send it now, in the session with this token.
    fn request(self, cx: &Context<'_>, request: &Request, token: &Token) -> Request {
        let Self { path, query, mut fields, link, .. } = self;
        let headers = with_cookie(&request.headers, cx.config.site.cookie(), token.expose());
        let mut again = Request {
            method: "POST".to_owned(),
            host: request.host.clone(),
            path,
            query,
            headers: match link {
                Some(link) => with_cookie(&headers, INVITATION_COOKIE, &link),
                None => headers,
            },
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
        email::PATH => t.change_email,
        "/two-factor/disable" => t.turn_off_title,
        "/sessions/end-others" => t.end_others,
        RECOVERY_CODES => t.make_codes,
        join::PAGE => t.join_button,
        path if path.starts_with("/authenticators/") => t.remove_authenticator,
        path if path.starts_with("/sessions/") => t.end_session,
        _ => "",
    }
}

//! The same form sent again, by a second Enter or a browser that heard no answer, gets the answer of before: nothing is done
//! twice, and nothing is lost. And what is shown once can be seen again for ten minutes, on its own page.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{INVITATION, afterwards, join, start_over, token_hash};
use crate::{
    context::Context,
    fields::Fields,
    people::session::SHOWN_MS,
    policy::Step,
    ports::Fault,
    secret::{Keyring, Sealed, Token, open, seal},
    store,
    texts::Message,
    web::{Moved, Outcome, Problem, Request, Stop},
};

/// What a session that moved on was told.
#[derive(Serialize, Deserialize)]
struct Answer {
    next: Step,
    return_to: String,
    token: String,
    browser: Option<String>,
    recovery_codes_left: Option<i64>,
    codes_due: bool,
    /// Whether recovery codes were shown.
    codes: bool,
    /// Whether a form waited for this one, which is sent on.
    then: bool,
}

/// What is shown once.
#[derive(Serialize, Deserialize)]
pub struct Shown {
    /// What it is.
    pub what: What,
    /// Of which set of recovery codes, or of which account.
    pub of: String,
    /// What made it, as the address of its page names it.
    pub by: String,
    /// When, in Unix milliseconds.
    pub at: i64,
    /// The thing itself, and what else its page says of it.
    pub values: Vec<String>,
}

/// What can be shown once.
#[derive(Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum What {
    RecoveryCodes,
    Invitation,
    Token,
    ServiceToken,
}

/// What an answer is sealed for, and what is shown once.
const ANSWER: &str = "answer";
const SHOWN: &str = "shown";

/// `value` as JSON, sealed for what `owner` names.
pub fn sealed(cx: &Context<'_>, owner: &[&str], value: &impl Serialize) -> Result<String, Fault> {
    let plain = Zeroizing::new(serde_json::to_vec(value).map_err(Fault::new)?);
    let Sealed { text, key_id } = seal(&cx.config.seed_keys, cx.rng, owner, &plain)?;
    Ok(format!("{key_id}.{text}"))
}

/// What was sealed, unless its key has gone since.
pub fn opened<T: DeserializeOwned>(cx: &Context<'_>, owner: &[&str], sealed: &str) -> Option<T> {
    opened_by(&cx.config.seed_keys, owner, sealed)
}

/// The same with these keys.
pub fn opened_by<T: DeserializeOwned>(keys: &Keyring, owner: &[&str], sealed: &str) -> Option<T> {
    let (key_id, text) = sealed.split_once('.')?;
    let sealed = Sealed { text: text.to_owned(), key_id: key_id.to_owned() };
    let plain = open(keys, owner, &sealed).ok()?;
    Fields::of_json(plain.expose()).ok()?.parse().ok()
}

/// What comes of a session that moves on, beside that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// Recovery codes are shown.
    Codes,
    /// A form that waited for it is sent on.
    Waiting,
    /// The same, with the code of a set-up.
    SetUp,
}

/// The answer to this form for when it is sent again; none, if the request is no form.
pub fn answer(cx: &Context<'_>, moved: &Moved, beside: Beside) -> Result<Option<String>, Fault> {
    let Some(form) = cx.sent() else { return Ok(None) };
    let Moved { next, recovery_codes_left, codes_due, .. } = *moved;
    let (return_to, token) = (moved.return_to.clone(), moved.token.expose().to_owned());
    let browser = moved.browser.as_ref().map(|browser| browser.expose().to_owned());
    let (codes, then) = (beside == Beside::Codes, matches!(beside, Beside::Waiting | Beside::SetUp));
    let answer = Answer { next, return_to, token, browser, recovery_codes_left, codes_due, codes, then };
    sealed(cx, &[ANSWER, form], &answer).map(Some)
}

/// What is shown once, sealed for this session alone.
pub fn show(cx: &Context<'_>, session_id: &str, shown: &Shown) -> Result<String, Fault> {
    sealed(cx, &[SHOWN, session_id], shown)
}

/// The same, opened: all of the last ten minutes, the newest first.
pub fn shown(cx: &Context<'_>, session_id: &str, sealed: Option<&str>) -> Vec<Shown> {
    let each = sealed.unwrap_or_default().rsplit(' ');
    let opened = each.filter_map(|sealed| opened::<Shown>(cx, &[SHOWN, session_id], sealed));
    opened.filter(|shown| (cx.now.0 - shown.at).abs() < SHOWN_MS).collect()
}

/// How the address of its page names what this request makes.
pub fn made_by<'a>(cx: &Context<'a>) -> &'a str {
    cx.form.and_then(|form| form.get(..16)).unwrap_or_default()
}

/// What came of a form, or of the same form before. One that has waited is answered by the proof that it waited for.
pub async fn or_before(cx: &Context<'_>, request: &Request, outcome: Result<Outcome, Stop>) -> Result<Outcome, Stop> {
    if cx.proof.is_some() || !may_be_done(&outcome) {
        return outcome;
    }
    before(cx, request).await?.map_or(outcome, Ok)
}

/// What the same form was answered before, if it moved its session on.
pub async fn before(cx: &Context<'_>, request: &Request) -> Result<Option<Outcome>, Fault> {
    let Some(form) = cx.sent() else { return Ok(None) };
    let by_link = [INVITATION, start_over::PATH];
    let link = cx.config.prefix.within(&request.path).is_some_and(|path| by_link.contains(&path));
    let link = link.then(|| join::opened(request).hash(store::INVITATION));
    let token = token_hash(cx, request);
    let Some(before) = store::answered(cx, form, [token.as_ref(), link.as_ref()]).await? else { return Ok(None) };
    let Some(answer) = opened::<Answer>(cx, &[ANSWER, form], &before.answer) else { return Ok(None) };
    let token = Token::claimed(&answer.token);
    if cx.session_hash(&token).as_str() != before.token_hash {
        return Ok(None);
    }
    let Answer { next, return_to, recovery_codes_left, codes_due, codes, then, browser, .. } = answer;
    let browser = browser.as_deref().map(Token::claimed);
    let moved = Moved { next, return_to, token, browser, recovery_codes_left, codes_due };
    if then && let Some(waiting) = afterwards::of(cx, request, &before.session_id) {
        return Ok(Some(waiting.after(cx, request, moved)));
    }
    if !codes {
        return Ok(Some(Outcome::Moved(moved)));
    }
    let shown = shown(cx, &before.session_id, before.shown.as_deref()).into_iter();
    let shown = shown.filter(|shown| shown.what == What::RecoveryCodes).map(|shown| shown.values).next();
    Ok(Some(Outcome::RecoveryCodes(shown.into_iter().flatten().map(Zeroizing::new).collect(), Some(moved))))
}

/// Whether a form that was done before may come to this: its session has another token by now, its code, link or password is used,
/// or it was counted twice.
pub fn may_be_done(outcome: &Result<Outcome, Stop>) -> bool {
    let refused = |outcome: &Outcome| match outcome {
        Outcome::Elsewhere(_) | Outcome::ReauthRequired(_) => true,
        Outcome::Refused(problem, _) => refused_late(problem),
        _ => false,
    };
    match outcome {
        Ok(outcome) => refused(outcome),
        Err(Stop::Outcome(outcome)) => refused(outcome),
        Err(Stop::Problem(problem)) => refused_late(problem),
        Err(Stop::Refused(_) | Stop::Fault(_)) => false,
    }
}

/// Whether a refusal comes after all that every request is asked for: where it was sent from, and that a person sends it.
fn refused_late(problem: &Problem) -> bool {
    (401..500).contains(&problem.status) && !matches!(problem.message, Message::Foreign | Message::ForPeople)
}

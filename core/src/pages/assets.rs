//! The files that pages load: style sheet, script and icon. Their content is in their names, so a browser may keep them for good.

use std::sync::LazyLock;

use super::accent::Accent;
use crate::{secret::sha256, web::Response};

const STYLE: &str = include_str!("../../templates/style.css");
const SCRIPT: &str = include_str!("../../templates/script.js");
/// The mark, in the operator's colour: it stands out on light and on dark, whatever that is.
const ICON: &str = include_str!("../../templates/icon.svg");

/// Ours, in the icon; as in the style sheet.
const ACCENT: &str = "#1f5fbf";

static VERSION: LazyLock<String> =
    LazyLock::new(|| sha256(&[STYLE, SCRIPT, ICON].concat()).get(..12).unwrap_or_default().to_owned());

/// Such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asset {
    /// The style sheet.
    Style,
    /// What makes the pages handier; none needs it.
    Script,
    /// The icon.
    Icon,
}

impl Asset {
    /// The one at a `path` within the prefix.
    pub fn at(path: &str, accent: Option<&Accent>) -> Option<Self> {
        let ours = path.contains(VERSION.as_str());
        [Self::Style, Self::Script, Self::Icon].into_iter().find(|asset| ours && asset.path(accent) == path)
    }

    /// Where it is, within the prefix.
    pub fn path(self, accent: Option<&Accent>) -> String {
        let (name, kind) = match self {
            Self::Style => ("style", "css"),
            Self::Script => ("script", "js"),
            Self::Icon => ("icon", "svg"),
        };
        format!("/{name}-{}{}.{kind}", *VERSION, accent.map(Accent::name).unwrap_or_default())
    }

    /// The file.
    pub fn response(self, accent: Option<&Accent>) -> Response {
        let (kind, body) = match self {
            Self::Style => ("text/css", STYLE.to_owned() + &accent.map(Accent::css).unwrap_or_default()),
            Self::Script => ("text/javascript", SCRIPT.to_owned()),
            Self::Icon => {
                let colour = accent.map_or_else(|| ACCENT.to_owned(), |accent| format!("#{}", accent.name()));
                ("image/svg+xml", ICON.replace(ACCENT, &colour))
            }
        };
        Response { body, ..Response::empty(200) }
            .with("content-type", format!("{kind}; charset=utf-8"))
            .with("cache-control", "public, max-age=31536000, immutable")
    }
}

//! Hindi: mails.

use super::TEXTS;
use crate::texts::MailTexts;

pub(in crate::texts) static MAIL: MailTexts = MailTexts {
    button_fails: "अगर बटन काम न करे, तो यह पता खोलें:",
    not_expected: "आपको इसकी उम्मीद नहीं थी? इस ईमेल को अनदेखा करें, कुछ नहीं होगा।",
    test_subject: "आपका टेस्ट ईमेल पहुँच गया",
    test_arrives: "यहाँ से भेजे गए ईमेल इस पते पर पहुँचते हैं। और कुछ नहीं करना है।",
    join: "शामिल हों",
    forgot_ignore: "यह आपने नहीं किया? इस ईमेल को अनदेखा करें: कुछ नहीं बदला है और आपका पासवर्ड अब भी चलता है।",
    changed_ends: "आप सब जगह से साइन आउट हो गए हैं और आपके API टोकन समाप्त हो गए हैं। अगर आपका दो-चरणीय लॉगिन चालू है, तो वह पहले जैसा ही है।",
    changed_not_you: "यह आपने नहीं किया? तो कोई आपके ईमेल पढ़ सकता है। पहले ईमेल का पासवर्ड बदलें, फिर यहाँ नया पासवर्ड रखें।",
    email_confirm: "नए पते की पुष्टि करें",
    email_undo: "बदलाव पलटें",
    email_changed_not_you: "यह आपने नहीं किया? इसे पलटें: इससे आपके लॉगिन से सब साइन आउट हो जाएँगे और आप नया पासवर्ड रखेंगे।",
    email_changed_you: "यह आपने किया? तो कुछ नहीं करना है।",
    forgot_subject: |site| format!("{site} पर नया पासवर्ड रखें"),
    forgot_asked: |site| format!("किसी ने {site} पर आपके लॉगिन का नया पासवर्ड रखने का लिंक माँगा है।"),
    when_where: |at, from| format!("कब: {at}, कहाँ से: {from}"),
    changed_subject: |site| format!("{site} पर आपका नया पासवर्ड"),
    changed: |site| format!("{site} पर आपके लॉगिन का नया पासवर्ड उस लिंक से रखा गया जो आपको ईमेल किया गया था।"),
    invitation_subject: |account| format!("{account} में शामिल होने का निमंत्रण"),
    invited: |by, account, site| format!("{by} ने आपको {site} पर {account} में शामिल होने के लिए बुलाया है।"),
    joins_until: |until| format!("लिंक एक बार काम करता है, {until} तक।"),
    works_for: |address| {
        format!("यह केवल {address} के लिए है: जिसके पास यह हो, वह आपके नाम से शामिल हो सकता है, इसलिए इसे किसी को न दें।")
    },
    email_subject: |site| format!("{site} के लिए अपने नए ईमेल पते की पुष्टि करें"),
    email_asked: |site| format!("किसी ने माँगा है कि अब से {site} पर इस पते से साइन इन हो।"),
    email_changed_subject: |site| format!("{site} के लिए आपका ईमेल पता बदला गया"),
    email_changed: |site| format!("आप अब {site} पर इस पते से साइन इन नहीं करते: आपके लॉगिन का पता अब दूसरा है।"),
    everywhere: &TEXTS,
};

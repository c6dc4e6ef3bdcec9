//! Hindi: mails.

use super::TEXTS;
use crate::texts::MailTexts;

pub(in crate::texts) static MAIL: MailTexts = MailTexts {
    button_fails: "अगर बटन काम न करे, तो यह पता खोलें:",
    not_expected: "आपको इसकी उम्मीद नहीं थी? इस ईमेल को अनदेखा करें, कुछ नहीं होगा।",
    test_subject: "आपका टेस्ट ईमेल पहुँच गया",
    test_arrives: "यहाँ से भेजे गए ईमेल इस पते पर पहुँचते हैं। और कुछ नहीं करना है।",
    join: "जुड़ें",
    forgot_ignore: "यह आपने नहीं किया? इस ईमेल को अनदेखा करें: कुछ नहीं बदला है और आपका पासवर्ड अब भी चलता है।",
    changed_ends: "आप सब जगह से साइन आउट हो गए हैं और आपके API टोकन अब काम नहीं करते। अगर आपका दो-चरणीय लॉगिन चालू था, तो वह अब भी चालू है।",
    changed_not_you: "यह आपने नहीं किया? तो कोई आपके ईमेल पढ़ सकता है। पहले ईमेल का पासवर्ड बदलें, फिर यहाँ नया पासवर्ड रखें।",
    forgot_subject: |site| format!("{site} पर नया पासवर्ड रखें"),
    forgot_asked: |site| format!("किसी ने {site} पर आपके लॉगिन का नया पासवर्ड रखने का लिंक माँगा है।"),
    when_where: |at, from| format!("कब: {at}, कहाँ से: {from}"),
    changed_subject: |site| format!("{site} पर आपका नया पासवर्ड"),
    changed: |site| format!("{site} पर आपके लॉगिन का नया पासवर्ड उस लिंक से रखा गया जो आपको ईमेल किया गया था।"),
    invitation_subject: |account| format!("{account} से जुड़ने का आमंत्रण"),
    invited: |by, account, site| format!("{by} ने आपको {site} पर {account} में शामिल होने के लिए बुलाया है।"),
    joins_until: |until| format!("लिंक एक बार काम करता है, {until} तक।"),
    works_for: |address| {
        format!("यह केवल {address} के लिए है: जिसके पास यह हो, वह आपके नाम से शामिल हो सकता है, इसलिए इसे किसी को न दें।")
    },
    everywhere: &TEXTS,
};

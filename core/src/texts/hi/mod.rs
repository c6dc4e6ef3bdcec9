//! Hindi.

mod admin;
mod edge;
mod mail;
mod problems;

pub(super) use admin::ADMIN;
pub(super) use edge::EDGE;
pub(super) use mail::MAIL;

use super::Texts;
use problems::problem;

pub(super) static TEXTS: Texts = Texts {
    // Every page.
    error: "त्रुटि",
    done_title: "हो गया",
    skip: "मुख्य सामग्री पर जाएँ",
    admin: "एडमिन",
    language: "भाषा",
    start_page: "शुरुआती पेज पर जाएँ",
    // Words that come up on several.
    account: "संगठन",
    cancel: "रद्द करें",
    continue_: "आगे बढ़ें",
    copy: "कॉपी करें",
    done: "ठीक है",
    download: "डाउनलोड करें",
    email: "ईमेल पता",
    locked: "लॉक है",
    name: "नाम",
    next_try: "अगला प्रयास:",
    new_password: "नया पासवर्ड",
    on: "चालू",
    password: "पासवर्ड",
    password_hint: "कम से कम 15 अक्षर। चार-पाँच ऐसे शब्द, जिनका आपस में कोई संबंध न हो, याद रखने में आसान और अनुमान \
                    लगाने में मुश्किल होते हैं।",
    print: "प्रिंट करें",
    profile: "प्रोफ़ाइल",
    recovery_code: "रिकवरी कोड",
    recovery_codes: "रिकवरी कोड",
    remove: "हटाएँ",
    role: "भूमिका",
    save: "सहेजें",
    search: "खोजें",
    show: "दिखाएँ",
    sign_in: "साइन इन करें",
    sign_in_again: "फिर से साइन इन करें",
    sign_out: "साइन आउट करें",
    sign_out_here: "आप इस ब्राउज़र में इस साइट से साइन आउट हो जाएँगे।",
    six_digit_code: "छह अंकों का कोड",
    try_again: "फिर से कोशिश करें",
    try_again_now: "अब आप फिर से कोशिश कर सकते हैं।",
    turn_on: "दो-चरणीय लॉगिन चालू करें",
    two_factor: "दो-चरणीय लॉगिन",
    // Signing in.
    enter_code: "अपना कोड डालें",
    whole_code: "छहों अंक डालते ही कोड भेज दिया जाता है।",
    use_recovery_code_instead: "इसके बजाय रिकवरी कोड इस्तेमाल करें",
    someone_else: "किसी और के रूप में साइन इन करें",
    use_recovery_code: "रिकवरी कोड इस्तेमाल करें",
    recovery_hint: "उन दस कोड में से एक, जो आपने दो-चरणीय लॉगिन सेट अप करते समय सहेजे थे। हर कोड एक बार काम करता है। \
                    छोटे-बड़े अक्षरों और हाइफ़न से फ़र्क नहीं पड़ता।",
    use_app: "इसके बजाय ऑथेंटिकेटर ऐप इस्तेमाल करें",
    no_codes_left: "कोई कोड नहीं बचा? अपने संगठन के किसी एडमिन से अपना दो-चरणीय लॉगिन रीसेट करने को कहें।",
    confirm_it_is_you: "अपनी पहचान की पुष्टि करें",
    reauth: "जारी रखने के लिए अपना पासवर्ड डालें। अगले पाँच मिनट तक हम दोबारा नहीं पूछेंगे।",
    reauth_code: "जारी रखने के लिए अपना पासवर्ड और एक कोड डालें। अगले पाँच मिनट तक हम दोबारा नहीं पूछेंगे।",
    remove_authenticator: "ऑथेंटिकेटर हटाएँ",
    end_session: "सत्र समाप्त करें",
    next_is: "अगला कदम:",
    reauth_code_hint: "आपके ऑथेंटिकेटर ऐप से। रिकवरी कोड भी चलेगा।",
    reauth_locked_hint: "बहुत सारे ग़लत कोड के बाद आपका ऑथेंटिकेटर लॉक है, इसलिए रिकवरी कोड डालें।",
    why_time: "आपने पासवर्ड के बाद पाँच मिनट के भीतर कोड नहीं डाला। फिर से साइन इन करें।",
    why_ended: "आप साइन आउट हो चुके हैं। जारी रखने के लिए साइन इन करें।",
    why_unsaved: "आप पहले ही साइन आउट हो चुके थे, इसलिए कुछ भी सहेजा नहीं गया। साइन इन करें, फिर से कोशिश करें।",
    why_signed_out: "आप साइन आउट हो गए हैं।",
    // Setting up.
    authenticator_app: "ऑथेंटिकेटर ऐप",
    set_up: "दो-चरणीय लॉगिन सेट अप करें",
    demanded: "आगे बढ़ने के लिए इसे सेट अप करें। अब से हर बार साइन इन करते समय ऑथेंटिकेटर ऐप का कोड चाहिए होगा। इसे \
               सेट अप करने में एक मिनट लगता है।",
    demanded_of_admins: "एडमिन को हर बार साइन इन करते समय ऑथेंटिकेटर ऐप का कोड देना होता है। इसे सेट अप करने में एक \
                         मिनट लगता है।",
    scan: "यह कोड स्कैन करें",
    scan_with: "Google Authenticator, 2FAS या अपने पासवर्ड मैनेजर जैसे किसी ऑथेंटिकेटर ऐप से।",
    no_app: "ऑथेंटिकेटर ऐप नहीं है?",
    get_app: "इनमें से कोई एक डाउनलोड करें, या ऐसे कोड बनाने वाला कोई दूसरा ऐप इस्तेमाल करें।",
    cannot_scan: "स्कैन नहीं हो रहा?",
    copy_key: "कुंजी कॉपी करें",
    copied: "कॉपी हो गई",
    open_here: "इसे इसी डिवाइस के किसी ऐप में खोलें",
    or_type: " या यह कुंजी टाइप करें:",
    enter_shown: "जो कोड दिखे, उसे डालें",
    codes_renewed: "आपको दस नए रिकवरी कोड मिलेंगे।",
    set_up_lost: "अब अपने नए फ़ोन पर ऑथेंटिकेटर ऐप सेट अप करें। फिर आपको किसी और रिकवरी कोड की ज़रूरत नहीं पड़ेगी।",
    not_now: "अभी नहीं",
    add_or_replace: "मौजूदा ऑथेंटिकेटर रखें?",
    add_beside: "उन्हें रखें और यह भी जोड़ें",
    replaces_all: "यह आपके मौजूदा ऑथेंटिकेटर की जगह लेगा, जो लॉक हैं।",
    authenticator_name_hint: "ताकि आप अपने ऑथेंटिकेटर अलग-अलग पहचान सकें।",
    confirm: "पुष्टि करें",
    nothing_changes: "जब तक आप कोड नहीं डालते, कुछ नहीं बदलता।",
    start_again: "फिर से शुरू करें",
    keep_codes: "अपने रिकवरी कोड सहेजें",
    codes_why: "अगर आपका फ़ोन खो जाए, तो इनमें से हर कोड से आप एक बार साइन इन कर सकते हैं।",
    codes_once: "ये यहाँ दस मिनट तक दिखेंगे",
    codes_how: ": यह पेज प्रिंट करें, कोड डाउनलोड करें या उन्हें अपने पासवर्ड मैनेजर में सहेजें।",
    codes_kept: "मैंने अपने कोड सहेज लिए हैं",
    kept_question: "क्या आपके रिकवरी कोड आपके पास हैं?",
    kept_why: "उनमें से एक डालें, ताकि पक्का हो जाए कि फ़ोन खोने पर वे आपको मिल जाएँगे। इससे कोड ख़र्च नहीं होता।",
    kept_hint: "दस में से कोई भी। छोटे-बड़े अक्षरों और हाइफ़न से फ़र्क नहीं पड़ता।",
    kept_later: "अगली बार साइन इन करने पर पूछें",
    kept_new: "मेरे पास नहीं हैं: नए बनाएँ",
    // Invitations.
    join_button: "जुड़ें",
    // One's own profile.
    change_password: "पासवर्ड बदलें",
    change_email: "ईमेल पता बदलें",
    make_codes: "नए रिकवरी कोड बनाएँ",
    turn_off_title: "दो-चरणीय लॉगिन बंद करें",
    end_others: "बाकी सब जगह से साइन आउट करें",
    unknown_device: "अज्ञात डिवाइस",
    saved: "सहेजा गया।",
    // A forgotten password.
    forgot: "पासवर्ड भूल गए?",
    set_password: "नया पासवर्ड रखें",
    why_new_password: "आपका नया पासवर्ड लागू है। उससे साइन इन करें।",

    seconds: |n| format!("{n} सेकंड"),
    minutes: |n| format!("{n} मिनट"),
    date: |year, month, day| format!("{day}/{month}/{year}"),
    open_app: |site| format!("अपना ऑथेंटिकेटर ऐप खोलें और {site} के लिए जो कोड दिखे, उसे टाइप करें।"),
    step_of: |step, steps| format!("{steps} में से चरण {step}"),
    parameters: |algorithm, digits, seconds| format!("समय-आधारित, {algorithm}, {digits} अंक, {seconds} सेकंड।"),
    used_codes_left: |n| match n {
        0 => "यह आपका आख़िरी रिकवरी कोड था।".to_owned(),
        1 => "आपके पास एक रिकवरी कोड बचा है।".to_owned(),
        n => format!("आपके पास {n} रिकवरी कोड बचे हैं।"),
    },
    replaces: |name| format!("{name} को बदलें"),
    ask_admin: |account| format!("कोई कोड नहीं बचा? {account} के किसी एडमिन से अपना दो-चरणीय लॉगिन रीसेट करने को कहें।"),
    codes_file: |site| format!("{site} के रिकवरी कोड"),
    form_from: |site| match site {
        "" => "यह किसी दूसरी साइट से आया, जो अपना नाम छिपाती है।".to_owned(),
        site => format!("यह {site} से आया।"),
    },
    signed_in_as: |email| format!("आपने {email} से साइन इन किया है।"),
    added: |day, last_used| format!("{day} को जोड़ा गया, पिछला उपयोग {last_used}"),
    device: |browser, system| format!("{system} पर {browser}"),
    problem,
};

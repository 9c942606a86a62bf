"""Why something is refused and what to do, by the word of the reason: (English, Chinese), each what and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Told = tuple[str, str]

REASONS: Final[Mapping[str, tuple[Told, Told]]] = {
    "NotARedaction": (
        ("This is no redacted copy.", "Hand in the original with parts made unrecognisable, as MP4, Matroska or AVI."),
        ("此檔案並非遮蔽版。", "請提交遮蔽部分畫面後之原件（MP4、Matroska 或 AVI）。"),
    ),
    "TooManyRows": (
        ("These are more entries than paper takes.", "Name a shorter period, a camera or a request, or save the CSV."),
        ("筆數過多，無法列印。", "請縮短期間、指定攝影機或申請編號，或下載 CSV。"),
    ),
    "SearchTooWide": (
        ("A search of the whole catalog is more than can be looked through.", "Name a camera or a request, too."),
        ("搜尋整份目錄清冊之範圍過大。", "請併填攝影機或申請案。"),
    ),
    "ProviderSilent": (
        ("The identity provider doesn't answer, so nobody can be signed in.", "Try again in a minute."),
        ("身分提供者未回應，暫時無法登入。", "請稍後再試。"),
    ),
    "SignInRefused": (
        ("This sign-in is not accepted.", "Begin again from the sign-in page."),
        ("本次登入未被接受。", "請由登入頁重新登入。"),
    ),
    "NotAuthenticated": (
        ("What the identity provider sent is not accepted.", "Begin again; if it stays so, tell your administrator."),
        ("身分提供者之回覆未通過驗證。", "請重新登入；如仍發生，請洽管理員。"),
    ),
    "ClaimsUnusable": (
        ("The identity provider knows you, but gives you no role here.", "Ask your administrator for a role."),
        ("身分提供者未授予您於本系統之職務。", "請洽管理員設定職務。"),
    ),
    "TooManyRequests": (
        ("Too many requests.", "Wait a little, then go on more slowly."),
        ("操作過於頻繁。", "請稍候再繼續。"),
    ),
    "OneCameraAtATime": (
        ("You have another live picture open.", "Close it first, or let this one take its place."),
        ("您已開啟另一即時影像。", "請先關閉，或以本支取代。"),
    ),
    "CameraOfAnotherProject": (
        ("This camera is no part of that project.", "Choose a camera that the police consent names."),
        ("此攝影機不在該專案範圍。", "請選擇警察局同意之攝影機。"),
    ),
    "CameraOfAnotherPolicy": (
        ("A camera isn't bound to this policy.", "Name cameras of this policy."),
        ("所列攝影機不適用本規定。", "請列本規定之攝影機。"),
    ),
    "LiveClosed": (
        ("This live picture is closed.", "Open it again if you still may."),
        ("此即時影像已結束。", "如仍具權限，請重新開啟。"),
    ),
    "LinkNotOurs": (
        ("This link leads nowhere.", "Open the picture from its page."),
        ("此連結無效。", "請由影像頁面開啟。"),
    ),
    "AddressNotListed": (
        ("Nobody may come near live pictures from this address.", "Come from a network that is listed."),
        ("此來源位址不得存取即時影像。", "請由清單所列網路連線。"),
    ),
    "UpstreamFailed": (
        ("The camera gives no live picture now.", "Try again in a moment, or tell whoever looks after the cameras."),
        ("攝影機目前無即時影像。", "請稍後再試，或通知攝影機維護人員。"),
    ),
    "NoStream": (
        ("This camera has no live picture.", "Choose one that the map shows with a ring."),
        ("此攝影機未提供即時影像。", "請選擇點位圖上標有圓環者。"),
    ),
    "NotSigned": (
        ("This is not decided, so it can't be taken back.", "See which decisions stand."),
        ("本項尚未決定，無從撤回。", "請查看已決定之事項。"),
    ),
    "RecordIncomplete": (
        ("Something of the record is not stated.", "Answer the questions that are marked."),
        ("登載事項尚未填寫完整。", "請填寫標示之欄位。"),
    ),
    "RecordRefused": (
        ("The policy doesn't accept this record.", "State it as the policy asks for it."),
        ("登載內容不符規定。", "請依規定填寫。"),
    ),
    "NotWithdrawable": (
        ("The policy keeps this decision.", "Take back one that it lets you take back."),
        ("本項決定依規定不得撤回。", "請撤回得撤回之決定。"),
    ),
    "Forbidden": (
        ("A rule of the policy forbids this.", "It can't be asked; nobody can grant it."),
        ("本規定禁止此事項。", "不得申請，任何人均無權核准。"),
    ),
    "Missing": (
        ("Something is not answered.", "Answer the questions that are marked and send the form again."),
        ("尚有未填寫事項。", "請填寫標示之欄位後重新送出。"),
    ),
    "Incomplete": (
        ("Something is not answered.", "Answer the open questions and hand it in again."),
        ("尚有未填寫事項。", "請補填後重新提出。"),
    ),
    "NotInVocabulary": (
        ("An answer is none that the policy knows.", "Choose one that the form offers."),
        ("填寫內容非本規定所列。", "請選擇表單所列項目。"),
    ),
    "KindNotAdmitted": (
        ("This policy knows no such kind of request.", "Choose another kind."),
        ("本規定無此類申請。", "請改選類別。"),
    ),
    "RequesterNotAdmitted": (
        ("This class of applicant may not ask this.", "Have it handed in by somebody who may."),
        ("此類申請人不得提出本項申請。", "請由得申請之人提出。"),
    ),
    "ActionNotAdmitted": (
        ("This kind of request does not allow this act.", "Ask for one that it allows."),
        ("此類申請不含該項目。", "請改選該類所列項目。"),
    ),
    "NoRule": (
        ("No rule of this policy allows it.", "See the policy page."),
        ("本規定未允許此事項。", "請參閱管理規定。"),
    ),
    "NoGrant": (("There is no grant.", "Have the request granted first."), ("尚未核准。", "請先完成核准。")),
    "GrantExpired": (("The grant has ended.", "Hand in a new request."), ("核准期間已屆滿。", "請重新申請。")),
    "ActionNotGranted": (
        ("The grant does not name this act.", "Hand in a request for it."),
        ("核准內容不含此項目。", "請另行申請。"),
    ),
    "ScopeNotNamed": (("No camera or no interval is named.", "Name both."), ("未載明攝影機或期間。", "請載明。")),
    "OutsideScope": (
        ("Outside the cameras or the interval that were granted.", "Stay inside them, or ask again."),
        ("逾核准之攝影機或期間。", "請於核准範圍內辦理，或另行申請。"),
    ),
    "NotCovered": (
        ("The mask does not cover every registered area.", "Have a mask attested first."),
        ("遮罩未涵蓋全部登錄區域。", "請先完成遮罩確認。"),
    ),
    "ConditionNotMet": (
        ("A condition of the rule is not met.", "See the clause."),
        ("不符規則所定條件。", "請參閱條文。"),
    ),
    "NotPresent": (
        ("Nobody of the required role is present.", "Do it together with a person of that role."),
        ("應會同之人員未到場。", "請會同該職務人員辦理。"),
    ),
    "OutOfOrder": (
        ("Not your turn yet: earlier signatures are open.", "Wait until they are signed."),
        ("尚未輪到您：前關未核章。", "請待前關核章。"),
    ),
    "NotEntitled": (
        ("Not yours to do.", "A person of the role or rank that is named does it."),
        ("您無權辦理此事項。", "由所列職務或職級之人員辦理。"),
    ),
    "FourEyes": (
        ("One person would act twice in this case.", "Another person signs: persons count, not accounts."),
        ("同一人不得於同案重複核章。", "請由他人核章；以人計算，不以帳號計算。"),
    ),
    "DoneAlready": (
        ("This step is signed already.", "See which steps are open."),
        ("此關已核章。", "請檢視未核章之關。"),
    ),
    "DeniedAlready": (("The request is denied already.", "Hand in a new one."), ("本案已駁回。", "請重新申請。")),
    "NotInChain": (
        ("This is no step of the request's chain.", "Sign one of the open steps."),
        ("此關非本案核章程序。", "請核章未完成之關。"),
    ),
    "NotDelegable": (
        ("This step can't be delegated.", "Whoever holds the role signs."),
        ("此關不得代理。", "請由本人核章。"),
    ),
    "DelegationTooDeep": (
        ("A delegate can't delegate on.", "Whoever holds the role delegates."),
        ("代理人不得再授權。", "請由本人授權。"),
    ),
    "DelegationNotInForce": (
        ("The delegation isn't in force now.", "Have one made that includes today."),
        ("代理授權目前未生效。", "請取得含本日之授權。"),
    ),
    "Ended": (("The programme has ended.", "It takes nothing new."), ("本計畫已終止。", "不再受理。")),
    "OutsidePeriod": (("Outside the period.", "Do it inside the period."), ("不在期間內。", "請於期間內辦理。")),
    "StepsOpen": (("Steps are open.", "Have them signed first."), ("尚有未核章之關。", "請先完成核章。")),
    "NotListed": (("Not on the list.", "Only who and what is listed."), ("未列於名單。", "以名單所列為限。")),
    "StillOwed": (
        ("Something is still owed before this can be closed.", "Sign the result or the copy first."),
        ("結案前尚有應辦事項。", "請先簽署調閱結果或簽收複本。"),
    ),
    "RequestExists": (
        ("A request of this number was handed in already.", "See it in the list."),
        ("此編號之申請已提出。", "請於清單檢視。"),
    ),
    "Unknown": (
        ("Not known here, or not yours to see.", "Choose from the list."),
        ("查無此項，或非您得檢視。", "請由清單選取。"),
    ),
    "Unusable": (
        ("Not complete, or not possible as it stands.", "See the explanation below."),
        ("內容不完整，或目前無法辦理。", "請見下方說明。"),
    ),
    "Unreachable": (
        ("A service that is needed for this doesn't answer.", "Try again; nothing was changed."),
        ("所需服務未回應。", "請稍後再試，資料未有變動。"),
    ),
    "CustodyUnreachable": (
        ("Custody, which keeps the footage, doesn't answer.", "Try again; nothing was changed."),
        ("保管服務未回應。", "請稍後再試，資料未有變動。"),
    ),
    "LogNotWritable": (
        ("The log can't be written, so nothing is opened.", "Try again when it can."),
        ("紀錄無法寫入，故不開放。", "請待系統恢復後再試。"),
    ),
    "RoleMissing": (
        ("Your role does not allow this.", "Ask somebody who has the role."),
        ("您的職務不得辦理此事項。", "請由具該職務者辦理。"),
    ),
    "FormNotOurs": (
        (
            "The form didn't come from a page of this session. Nothing was done.",
            "Open the page again and send its form from there.",
        ),
        ("表單非由本次登入之頁面送出，未予辦理。", "請重新開啟頁面後送出。"),
    ),
    "FormUnreadable": (
        ("The form can't be read. Nothing was done.", "Fill in the page's own form."),
        ("表單無法讀取，未予辦理。", "請使用頁面表單填寫。"),
    ),
    "Malformed": (
        ("A field holds something that can't be used. Nothing was done.", "Correct the fields that are named below."),
        ("欄位內容無法使用，未予辦理。", "請更正下列欄位。"),
    ),
    "NotDone": (("Not possible as things stand.", "See the explanation below."), ("目前無法辦理。", "請見下方說明。")),
}

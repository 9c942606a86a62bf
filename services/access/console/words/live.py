"""Words of the map, of live pictures and of live projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "map": ("Map", "點位圖"),
    "live": ("Live", "即時影像"),
    "projects": ("Projects", "即時影像專案"),
    "zoom": ("Zoom", "縮放"),
    "where_they_stand": ("Where the cameras stand", "攝影機點位"),
    "map_says": ("{number} cameras; the list beside it says the same.", "共 {number} 支攝影機，內容同旁列清單。"),
    "map_note": (
        "Drawn to scale from what is registered; nothing is loaded from a map of others. Points only: no picture.",
        "依登錄坐標按比例繪製，未使用外部地圖；僅顯示點位，無影像。",
    ),
    "map_outside": ("Outside this part: {number}.", "範圍外：{number} 支。"),
    "north": ("N", "北"),
    "point": ("camera", "攝影機"),
    "has_live": ("has a live picture", "有即時影像"),
    "cameras_here": ("{number} cameras here: zoom in", "此處有 {number} 支攝影機，點選放大"),
    "as_list": ("The same as a list", "同一內容，以清單呈現"),
    "no_place": ("no place on the map", "未登錄坐標"),
    "no_places": (
        "No camera has coordinates yet. An administrator states latitude and longitude when registering.",
        "尚無攝影機登錄坐標；登錄時填寫緯度與經度即可顯示。",
    ),
    "live_picture": ("Live picture", "即時影像畫面"),
    "ask_live": ("Watch live", "即時閱覽"),
    "choose_camera": ("Choose one camera", "選取單一監視器"),
    "no_live_cameras": ("No camera has a live picture. Looked at {when}.", "目前無可即時閱覽之攝影機（{when} 查核）。"),
    "live_of": ("Camera {camera}, live", "攝影機 {camera} 即時影像"),
    "you_watch": ("You are watching camera {camera}.", "您正在閱覽攝影機 {camera}。"),
    "one_at_a_time": (
        "One camera at a time: another one takes its place.",
        "一次僅得閱覽一支，另開啟者即取代之。",
    ),
    "project": ("Project", "專案"),
    "no_open_project": (
        "You are a member of no project that is decided on and open now.",
        "您目前非任何已核定且進行中專案之成員。",
    ),
    "if_ground": ("needed for: {values}", "限下列事由填寫：{values}"),
    "live_says": (
        "That you watch, which camera, on what ground and from where stands on the log before you see anything.",
        "您閱覽之事實、攝影機、事由及來源位址，於顯示影像前即記入紀錄。",
    ),
    "open_live": ("Record it and watch", "記入紀錄並開啟"),
    "no_player": ("This browser can't play live pictures.", "此瀏覽器無法播放即時影像。"),
    "nothing_kept": (
        "Live only: nothing of it is stored here or anywhere on its way to you.",
        "僅即時顯示，本系統不保存、不備份任何影像。",
    ),
    "why_open": ("Why you see this", "閱覽依據"),
    "opened": ("Opened", "開啟時間"),
    "ends": ("Ends", "結束時間"),
    "ends_when_closed": ("when you close it", "於您關閉時"),
    "address": ("Address", "來源位址"),
    "close_live": ("Close the picture", "關閉影像"),
    "how_it_ends": (
        (
            "It ends when you close it, when the project ends or is shortened, when your address changes, "
            "or when nobody asks for it for {seconds} seconds."
        ),
        "於您關閉、專案屆期或縮短、來源位址變更，或 {seconds} 秒無人閱覽時結束。",
    ),
    "project_title": ("Project {name}", "專案 {name}"),
    "period": ("Period", "專案期間"),
    "decisions_open": ("decisions open: {number}", "尚待決定 {number} 項"),
    "project_open": ("decided", "已核定"),
    "project_over": ("over", "已屆期"),
    "no_projects": ("You have no part in a project. Looked at {when}.", "您未參與任何專案（{when} 查核）。"),
    "new_project": ("Set up a project group", "成立專案小組"),
    "project_id_hint": ("letters, digits, hyphens: river-festival-2026", "限英數字及連字號，例：river-festival-2026"),
    "attest_not": ("I attest that the project isn't {what}.", "本人具結本專案未{what}。"),
    "set_up_project": ("Set it up; the lead agency decides next", "成立，送主責局處決議"),
    "five_decisions": ("Five decisions, in order", "五項決定，依序為之"),
    "decided": ("decided", "決定"),
    "decide_it": ("Decide it; it stands on the log", "決定並記入紀錄"),
    "members": ("Members", "成員"),
    "networks": ("Source addresses", "來源位址"),
    "networks_hint": ("networks, one a line: 10.9.0.0/24", "網段，每行一項：10.9.0.0/24"),
    "cut_at_end": ("open pictures are cut at this instant", "屆時開啟中之影像即中斷"),
    "narrow_it": ("Narrow: {step}", "限縮：{step}"),
    "narrow_says": (
        "Fewer cameras, members or addresses, or an earlier end. What no longer fits is cut at once.",
        "得減少攝影機、成員或位址，或提前結束；不符者立即中斷。",
    ),
    "make_narrower": ("Narrow it", "限縮"),
    "take_back": ("Take back: {step}", "撤回：{step}"),
    "take_back_says": (
        "Every later decision is open again, and every picture of this project is cut at once.",
        "其後各項決定須重新為之，本專案開啟中之影像立即中斷。",
    ),
    "take_it_back": ("Take it back", "撤回"),
    "taken_back_mark": ("taken back", "已撤回"),
    "to_live": ("To the live pictures", "前往即時影像"),
    "what_it_is": ("What is decided", "專案內容"),
    "project_sheet": ("The project's sheet as PDF", "專案表單 PDF"),
    "done_decided": ("Decided. It stands on the log.", "已決定並記入紀錄。"),
    "done_taken_back": ("Taken back. What was open under it is cut.", "已撤回，開啟中之影像已中斷。"),
    "done_live_closed": ("The picture is closed.", "影像已關閉。"),
}

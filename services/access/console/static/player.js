// The player of a granted viewing: the browser's own <video>, one clip after the other, on the wall clock of the footage.
// It renews its access while the page is open and stops for good when that is refused. It decides nothing.
"use strict";
(() => {
  const root = document.getElementById("player");
  const about = JSON.parse(root.dataset.viewing);
  const part = (name) => document.getElementById("p-" + name);
  const video = part("video"), slider = part("at"), wall = part("wall"), notice = part("notice");
  const starts = Date.parse(about.from), ends = Date.parse(about.to);
  const base = "/console/viewings/" + about.viewing_id;
  const clock = new Intl.DateTimeFormat(about.tag, {
    timeZone: about.zone, year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  let clips = [], now = null, shownFrom = 0, at = starts, isCut = false, isStream = false, wanted = 0, wish = false;

  // As every page writes it: 2026-11-24 08:15:00, in Chinese with the year of the Republic.
  function stamp(instant) {
    const parts = Object.fromEntries(clock.formatToParts(instant).map((each) => [each.type, each.value]));
    return parts.year + "-" + parts.month + "-" + parts.day + " " + timeOf(parts);
  }
  const timeOf = (parts) => parts.hour + ":" + parts.minute + ":" + parts.second;

  const say = (text) => { notice.textContent = text; notice.hidden = !text; };
  const said = (name, values) => about.words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const from = (clip) => Date.parse(clip.from), to = (clip) => Date.parse(clip.to);

  function choose(camera) {
    clips = about.clips.filter((clip) => clip.camera === camera);
    for (const lane of root.querySelectorAll("[data-camera]")) lane.toggleAttribute("hidden", lane.dataset.camera !== camera);
    now = null;
    isStream ? stream() : seek(at);
  }

  // Where an instant of the footage lies: inside a clip, or before the next one.
  function clipAt(instant) {
    return clips.find((clip) => instant < to(clip)) || null;
  }

  function seek(instant, thenPlay = !video.paused) {
    if (isCut) return;
    at = Math.min(Math.max(instant, starts), ends - 100);
    const clip = clipAt(at);
    if (!clip) { pause(); return draw(); }
    if (from(clip) > at) { say(said("player_gap", { when: stamp(from(clip)) })); at = from(clip); }
    if (isStream) { video.currentTime = before(clip) + (at - from(clip)) / 1000; return draw(); }
    if (now === clip && video.readyState) { video.currentTime = Math.max(0, (at - shownFrom) / 1000); return draw(); }
    load(clip, at, thenPlay);
  }

  const before = (clip) => clips.slice(0, clips.indexOf(clip)).reduce((sum, one) => sum + (to(one) - from(one)) / 1000, 0);

  async function load(clip, target, thenPlay) {
    const mine = ++wanted;
    now = null; // what the picture before still says about its time is of no interest
    video.pause();
    draw();
    const made = await madeOf(clip, mine);
    if (!made) return;
    now = clip;
    shownFrom = Date.parse(made.shows_from);
    video.src = base + "/play/" + clip.number + ".mp4";
    video.addEventListener("loadedmetadata", () => {
      if (mine !== wanted) return;
      video.currentTime = Math.max(0, (target - shownFrom) / 1000);
      video.playbackRate = Number(part("speed").value);
      say("");
      if (thenPlay) video.play().catch(() => {});
    }, { once: true });
    video.load();
    draw();
  }

  // Footage that no browser plays gets a copy first: tell where it stands, and ask again.
  async function madeOf(clip, mine) {
    for (;;) {
      const answer = await fetch(base + "/play/" + clip.number + "/state").catch(() => null);
      if (mine !== wanted || isCut) return null;
      if (!answer) { say(about.words.player_offline); await rest(2000); continue; }
      const told = await answer.json().catch(() => ({}));
      if (answer.status === 503) { say(told.title + " " + told.remedy); await rest(2000); continue; }
      if (answer.status === 401 || answer.status === 403) { renew(); return null; } // it says why, in the page's language
      if (!answer.ok) { say(told.title || about.words.player_cut); return null; }
      if (told.state === "made") return told;
      say(said(told.state === "waiting" ? "player_waiting" : "player_making", told));
      await rest(700);
    }
  }

  const rest = (ms) => new Promise((done) => setTimeout(done, ms));

  // The playlist as one file: its clock counts the clips one after the other, without what lies between.
  function stream() {
    const mine = ++wanted, target = at;
    now = null;
    video.src = base + "/play/index.m3u8?camera=" + encodeURIComponent(clips[0].camera);
    video.addEventListener("loadedmetadata", () => {
      if (mine !== wanted) return;
      video.playbackRate = Number(part("speed").value);
      seek(target);
      if (wish) play();
    }, { once: true });
    video.load();
  }

  function tick() {
    if (isCut || !video.readyState) return; // a picture that is being loaded says 0, which is no time of the footage
    if (isStream) {
      let left = video.currentTime;
      const clip = clips.find((one) => (left -= (to(one) - from(one)) / 1000) < 0) || clips[clips.length - 1];
      at = to(clip) + left * 1000;
    } else if (now) {
      at = shownFrom + video.currentTime * 1000;
      if (at >= to(now)) return next();
    }
    draw();
  }

  function draw() {
    slider.value = (at - starts) / 1000;
    const text = stamp(at);
    wall.textContent = text;
    wall.dateTime = new Date(at).toISOString();
    slider.setAttribute("aria-valuetext", text);
  }

  function next() {
    const after = clips[clips.indexOf(now) + 1];
    if (after) seek(Math.max(from(after), to(now)), true);
    else { pause(); at = to(now); draw(); }
  }

  function jump(by) { seek(at + by * 1000); }
  function step(by) { pause(); jump(by / 25); }
  function toClip(by) {
    const here = clips.indexOf(clipAt(at));
    const clip = clips[Math.min(Math.max(here + by, 0), clips.length - 1)];
    if (clip) seek(from(clip));
  }
  // What the viewer wants outlasts a picture that breaks off, or that is loaded anew.
  function play() { wish = true; video.play().catch(() => {}); }
  function pause() { wish = false; video.pause(); }
  function toggle() { if (isCut) return; video.paused ? play() : pause(); }

  function cut(text) {
    isCut = true;
    wanted++;
    video.pause();
    video.removeAttribute("src");
    video.load();
    root.classList.add("is-cut");
    for (const each of root.querySelectorAll("button, select, input")) each.disabled = true;
    say(text);
  }

  let timer = 0;
  const renewIn = (ms) => { timer = setTimeout(renew, ms); };
  async function renew() {
    clearTimeout(timer);
    const body = new URLSearchParams({ form_token: about.form_token });
    const answer = await fetch(base + "/renew", { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (!answer) { say(about.words.player_offline); return renewIn(5000); }
    if (answer.ok) {
      part("renewed").textContent = said("player_renewed", { when: stamp(Date.now()) });
      if (notice.textContent === about.words.player_offline) say("");
      return renewIn(about.renew_after_s * 1000);
    }
    if (answer.status >= 500 || answer.status === 429) return renewIn(5000);
    const told = await answer.json().catch(() => ({}));
    cut([about.words.player_cut, told.what, told.why, told.do].filter(Boolean).join(" "));
  }

  const keys = {
    " ": toggle, k: toggle, ",": () => step(-1), ".": () => step(1), "[": () => toClip(-1), "]": () => toClip(1),
    Home: () => seek(starts), End: () => seek(ends - 1000),
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === "SELECT") return;
    const arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === " " && event.target.tagName === "BUTTON") return;
    const act = arrow ? () => jump(arrow * (event.shiftKey ? 60 : 5)) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  part("play").addEventListener("click", toggle);
  part("back").addEventListener("click", () => jump(-10));
  part("forward").addEventListener("click", () => jump(10));
  part("before").addEventListener("click", () => toClip(-1));
  part("after").addEventListener("click", () => toClip(1));
  part("speed").addEventListener("change", (event) => { video.playbackRate = Number(event.target.value); });
  part("camera").addEventListener("change", (event) => choose(event.target.value));
  part("how").addEventListener("change", (event) => { isStream = event.target.value === "stream"; choose(part("camera").value); });
  slider.addEventListener("input", () => seek(starts + Number(slider.value) * 1000));
  video.addEventListener("timeupdate", tick);
  video.addEventListener("ended", () => { if (!isStream && now) next(); });
  video.addEventListener("seeked", () => { if (isStream && !isCut) say(""); });
  // The file may be lent anew, or a viewing copy made again: try the same place, a few times.
  let tries = 0;
  video.addEventListener("playing", () => { tries = 0; });
  video.addEventListener("error", async () => {
    const clip = now, mine = wanted;
    if (isCut || !(isStream || clip) || tries++ > 4) return;
    await rest(1000);
    if (mine !== wanted) return;
    if (!isStream) return load(clip, at, true);
    await renew(); // a playlist doesn't tell why it broke off: this does, where the viewing is over
    if (mine === wanted && !isCut) stream();
  });
  video.addEventListener("click", toggle);
  video.addEventListener("contextmenu", (event) => event.preventDefault());
  if (!video.canPlayType("application/vnd.apple.mpegurl")) part("how").closest("label").hidden = true;
  video.tabIndex = 0;
  renewIn(about.renew_after_s * 1000);
  choose(part("camera").value);
})();

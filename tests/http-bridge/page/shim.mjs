// answers the stream's protocol from GETs, until the bridge has it
export async function shim(page, base) {
  await page.routeWebSocket('**/api/v1/stream', async (ws) => {
    const subs = new Map();
    const proto = ws.protocols?.() ?? [];
    const tok = proto.map((p) => /^goxel-telemetry\.token\.(.*)$/.exec(p)?.[1]).find(Boolean);
    const headers = tok ? { Authorization: `Bearer ${Buffer.from(tok, 'base64url')}` } : {};
    const end = () => { for (const t of subs.values()) clearInterval(t); subs.clear(); ws.close({ code: 1001 }); };
    try { const r = await fetch(`${base()}/healthz`, { headers }); if (!r.ok) return end(); } catch { return end(); }
    ws.onMessage(async (text) => {
      const m = JSON.parse(text);
      if (m.unsubscribe) { clearInterval(subs.get(m.unsubscribe)); subs.delete(m.unsubscribe); return; }
      const tick = async () => {
        try {
          const r = await fetch(`${base()}/api/v1/${m.subscribe}${m.instance ? '?instance=' + encodeURIComponent(m.instance) : ''}`, { headers });
          const d = await r.json();
          if (!subs.has(m.id)) return;
          ws.send(JSON.stringify(r.ok ? { id: m.id, missed: 0, document: d } : { id: m.id, problem: d }));
        } catch { end(); }
      };
      subs.set(m.id, setInterval(tick, 1000 / m.hz)); tick();
    });
  });
}

// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.Mark.Annotated;
import org.tidemark.catalog.backup.Mark.Begun;
import org.tidemark.catalog.backup.Mark.Challenged;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.catalog.backup.Mark.Minimal;
import org.tidemark.catalog.backup.Mark.Proven;
import org.tidemark.catalog.backup.Mark.Released;
import org.tidemark.catalog.backup.Mark.Restored;
import org.tidemark.catalog.backup.Mark.Restored.Pace;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.Mark.Searched;
import org.tidemark.catalog.backup.Mark.Unknown;
import org.tidemark.catalog.backup.Mark.Verified;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.UtcTime;
import org.tidemark.store.ObjectKey;

/** The documents of marks (docs/design/repository-format.md). */
final class MarkJson {
    private MarkJson() {}

    /** The document that is stored. */
    static byte[] encode(Mark mark) {
        return ChecksummedJson.write(members(mark));
    }

    /** What a document says of a mark. */
    static Map<String, Object> members(Mark mark) {
        Map<String, Object> members = new LinkedHashMap<>();
        switch (mark) {
            case Verified verified -> {
                members.put("kind", "verified");
                members.put("at", verified.at().toString());
                members.put("problems", verified.problems());
                members.put("scope", verified.scope().toString());
                verified.readTo().ifPresent(key -> members.put("readTo", key));
                verified.since().ifPresent(since -> members.put("since", since.toString()));
                if (!verified.damaged().isEmpty()) {
                    members.put("damaged", verified.damaged());
                }
            }
            case Begun begun -> {
                members.put("kind", "begun");
                members.put("at", begun.at().toString());
                members.put("timeline", begun.timeline().id());
            }
            case Minimal minimal -> {
                members.put("kind", "minimal");
                members.put("at", minimal.at().toString());
                members.put("timeline", minimal.timeline().id());
                members.put("position", minimal.position().toString());
            }
            case Searched searched -> {
                members.put("kind", "searched");
                members.put("at", searched.at().toString());
                members.put(
                        "ranges",
                        searched.ranges().stream().map(MarkJson::members).toList());
            }
            case Kept kept -> {
                members.put("kind", "kept");
                members.put("at", kept.at().toString());
                members.put("target", kept.target().toString());
                kept.until().ifPresent(until -> members.put("until", until.toString()));
                kept.note().ifPresent(note -> members.put("note", note));
                kept.host().ifPresent(host -> members.put("host", host));
            }
            case Released released -> {
                members.put("kind", "released");
                members.put("at", released.at().toString());
                released.host().ifPresent(host -> members.put("host", host));
            }
            case Annotated annotated -> {
                members.put("kind", "annotated");
                members.put("at", annotated.at().toString());
                members.put("text", annotated.text());
            }
            case Challenged challenged -> {
                members.put("kind", "challenged");
                members.put("at", challenged.at().toString());
                members.put("recipient", challenged.recipient());
                members.put("answer", challenged.answer().hex());
            }
            case Proven proven -> {
                members.put("kind", "proven");
                members.put("at", proven.at().toString());
                members.put("recipient", proven.recipient());
            }
            case Restored restored -> {
                members.put("kind", "restored");
                members.put("at", restored.at().toString());
                members.put("backup", restored.backup().value());
                members.put("host", restored.host());
                restored.files().ifPresent(pace -> put(members, "files", pace));
                restored.wal().ifPresent(pace -> put(members, "wal", pace));
                restored.end().ifPresent(end -> {
                    members.put("target", end.target());
                    members.put("started", end.isStarted());
                });
            }
            case Unknown unknown -> throw new IllegalArgumentException("cannot set a mark '" + unknown.kind() + "'");
        }
        return members;
    }

    private static Map<String, Object> members(Searched.Range range) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("first", range.first().name());
        members.put("last", range.last().name());
        members.put("list", range.list().hex());
        return members;
    }

    /** Reads a document. */
    static Mark decode(byte[] document, ObjectKey key) throws DamagedObjectException {
        JsonObject json = ChecksummedJson.read(document, key);
        try {
            return decode(json);
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    /** @throws IllegalArgumentException if it is no mark */
    static Mark decode(JsonObject json) {
        Instant at = json.value("at", UtcTime::parse);
        String kind = json.text("kind");
        return switch (kind) {
            case "verified" ->
                new Verified(
                        at,
                        json.number("problems"),
                        json.value("scope", MarkJson::scope),
                        json.optionalText("readTo"),
                        json.has("since") ? Optional.of(json.value("since", UtcTime::parse)) : Optional.empty(),
                        json.has("damaged") ? json.texts("damaged") : List.of());
            case "begun" -> new Begun(at, timeline(json.number("timeline")));
            case "minimal" -> new Minimal(at, timeline(json.number("timeline")), json.value("position", Lsn::parse));
            case "searched" ->
                new Searched(
                        at,
                        json.list(
                                "ranges",
                                each -> new Searched.Range(
                                        each.value("first", WalNames::requireSegment),
                                        each.value("last", WalNames::requireSegment),
                                        each.value("list", Sha256::new))));
            case "kept" ->
                new Kept(
                        at,
                        json.value("target", MarkJson::target),
                        json.has("until") ? Optional.of(json.value("until", UtcTime::parse)) : Optional.empty(),
                        json.optionalText("note"),
                        json.optionalText("host"));
            case "released" -> new Released(at, json.optionalText("host"));
            case "annotated" -> new Annotated(at, json.text("text"));
            case "challenged" -> new Challenged(at, json.text("recipient"), json.value("answer", Sha256::new));
            case "proven" -> new Proven(at, json.text("recipient"));
            case "restored" ->
                new Restored(
                        at,
                        json.value("backup", BackupId::new),
                        json.text("host"),
                        pace(json, "files"),
                        pace(json, "wal"),
                        json.optionalText("target").map(target -> new Restored.End(target, json.flag("started"))));
            default -> new Unknown(at, kind);
        };
    }

    private static void put(Map<String, Object> members, String what, Pace pace) {
        members.put(what + "Bytes", pace.bytes());
        members.put(what + "Milliseconds", pace.took().toMillis());
    }

    private static Optional<Pace> pace(JsonObject json, String what) {
        return json.has(what + "Bytes")
                ? Optional.of(
                        new Pace(json.number(what + "Bytes"), Duration.ofMillis(json.number(what + "Milliseconds"))))
                : Optional.empty();
    }

    private static Timeline timeline(long id) {
        if (id > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("not a timeline: " + id);
        }
        return new Timeline((int) id);
    }

    private static Kept.Target target(String text) {
        return switch (text) {
            case "full" -> Kept.Target.FULL;
            case "standalone" -> Kept.Target.STANDALONE;
            // Read as damage, so the backup stays: an unknown way of keeping is a way of keeping.
            default -> throw new IllegalArgumentException("not a target of a keep: '" + text + "'");
        };
    }

    private static Scope scope(String text) {
        return switch (text) {
            case "all" -> Scope.ALL;
            case "stored" -> Scope.STORED;
            default -> throw new IllegalArgumentException("not a scope: '" + text + "'");
        };
    }
}

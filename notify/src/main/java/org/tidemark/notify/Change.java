// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.JsonObject;
import org.tidemark.core.UtcTime;

/**
 * That something has become wrong, is now worse or less bad, or is over. Immutable.
 *
 * @param before what was told last; OK: nothing
 * @param now OK: it is over
 * @param since when it became wrong
 * @param at when this was seen
 * @param message of the finding; empty if it is over
 */
public record Change(
        Finding.Key key, Severity before, Severity now, Instant since, Instant at, String message, String hint) {
    /** One line, or two with the hint. */
    String text() {
        String subject =
                key.subject() + key.repository().map(name -> " (" + name + ")").orElse("");
        if (now == Severity.OK) {
            return "OVER: " + subject + ", " + before + " for " + Amounts.duration(Duration.between(since, at));
        }
        return now + (before == Severity.OK ? " " : ", was " + before + ": ") + subject + ": " + message
                + (hint.isEmpty() ? "" : "\n  " + hint);
    }

    /** For programs. */
    Map<String, Object> json() {
        Map<String, Object> members = json(key);
        members.put("before", before.name());
        members.put("now", now.name());
        members.put("since", UtcTime.iso(since));
        members.put("at", UtcTime.iso(at));
        members.put("message", message);
        members.put("hint", hint);
        return members;
    }

    /** The members that say which finding it is; others may be added. */
    static Map<String, Object> json(Finding.Key key) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("subject", key.subject());
        key.repository().ifPresent(name -> members.put("repository", name));
        return members;
    }

    /** @throws IllegalArgumentException if it is not what {@link #json()} gives */
    static Change parse(JsonObject json) {
        return new Change(
                key(json),
                json.value("before", Severity::valueOf),
                json.value("now", Severity::valueOf),
                Instant.parse(json.text("since")),
                Instant.parse(json.text("at")),
                json.text("message"),
                json.text("hint"));
    }

    /** @throws IllegalArgumentException if it is not what {@link #json(Finding.Key)} gives */
    static Finding.Key key(JsonObject json) {
        return new Finding.Key(json.text("subject"), json.optionalText("repository"));
    }
}

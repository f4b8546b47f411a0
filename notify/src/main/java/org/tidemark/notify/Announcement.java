// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.JsonObject;
import org.tidemark.core.JsonText;
import org.tidemark.core.UtcTime;

/**
 * What one destination is told of a cluster: all changes that one look has shown. Immutable.
 *
 * @param host that looked
 * @param state the worst that is wrong now
 * @param changes empty for a test
 */
record Announcement(ClusterName cluster, String host, Instant at, Severity state, List<Change> changes) {
    Announcement {
        changes = List.copyOf(changes);
    }

    /** One that asks for nothing: it shows that the way to the destination is open. */
    static Announcement ofTest(ClusterName cluster, String host, Instant at) {
        return new Announcement(cluster, host, at, Severity.OK, List.of());
    }

    boolean isTest() {
        return changes.isEmpty();
    }

    /** The first line of the text. */
    String title() {
        if (isTest()) {
            return "Tidemark: a test for cluster '" + cluster + "', nothing has happened";
        }
        return "Tidemark: cluster '" + cluster + "' is "
                + switch (state) {
                    case CRITICAL -> "NOT FULLY PROTECTED";
                    case WARNING -> "protected, with warnings";
                    case OK -> "protected";
                };
    }

    /** For people. */
    String text() {
        return title() + "\n\n"
                + changes.stream().map(each -> each.text() + "\n").collect(Collectors.joining())
                + (isTest() ? "" : "\n")
                + "Seen by " + host + " at " + UtcTime.seconds(at) + "\n"
                + (isTest() ? "" : "What to do now: tidemark check --cluster " + cluster + "\n");
    }

    /** The same, cut after so many characters. */
    String text(int most) {
        String text = text();
        return text.length() <= most ? text : text.substring(0, most) + "…\n";
    }

    /** For programs. */
    Map<String, Object> json() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("cluster", cluster.value());
        members.put("host", host);
        members.put("at", UtcTime.iso(at));
        members.put("state", state.name());
        members.put("title", title());
        members.put("text", text());
        members.put("changes", changes.stream().map(Change::json).toList());
        return members;
    }

    /** @throws IllegalArgumentException if it is not what {@link #json} gives */
    static Announcement parse(String text) {
        JsonObject json = JsonObject.parse(text);
        return new Announcement(
                new ClusterName(json.text("cluster")),
                json.text("host"),
                Instant.parse(json.text("at")),
                json.value("state", Severity::valueOf),
                json.list("changes", Change::parse));
    }

    /** As one line. */
    String line() {
        return JsonText.of(json());
    }
}

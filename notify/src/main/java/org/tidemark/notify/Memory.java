// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.JsonObject;
import org.tidemark.core.JsonText;
import org.tidemark.core.UtcTime;
import org.tidemark.notify.OpenFindings.Open;
import org.tidemark.notify.Told.Since;

/**
 * What this host knows of a cluster from one look to the next. Immutable.
 *
 * @param looked when the last look began
 * @param told by the name of the destination
 */
record Memory(Instant looked, OpenFindings open, SortedMap<String, Told> told) {
    static final Memory NOTHING = new Memory(Instant.EPOCH, OpenFindings.NONE, new TreeMap<>());

    /** As one line of JSON. */
    String text() {
        Map<String, Object> members = new LinkedHashMap<>();
        List<Map<String, Object>> all = new ArrayList<>();
        open.all().forEach((key, each) -> {
            Map<String, Object> one = Change.json(key);
            one.put("severity", each.severity().name());
            one.put("since", UtcTime.iso(each.since()));
            one.put("as", UtcTime.iso(each.as()));
            one.put("message", each.message());
            one.put("hint", each.hint());
            all.add(one);
        });
        members.put("looked", looked.toString());
        members.put("open", all);
        Map<String, Object> destinations = new LinkedHashMap<>();
        told.forEach((name, each) -> destinations.put(name, json(each)));
        members.put("told", destinations);
        return JsonText.of(members) + "\n";
    }

    private static List<Map<String, Object>> json(Told told) {
        List<Map<String, Object>> all = new ArrayList<>();
        told.all().forEach((key, since) -> {
            Map<String, Object> one = Change.json(key);
            one.put("severity", since.severity().name());
            one.put("since", UtcTime.iso(since.at()));
            all.add(one);
        });
        return all;
    }

    /** @throws IllegalArgumentException or DateTimeException if it is not what {@link #text} gives */
    static Memory parse(String text) {
        JsonObject json = JsonObject.parse(text);
        TreeMap<Finding.Key, Open> open = new TreeMap<>();
        json.list("open", each -> each)
                .forEach(each -> open.put(
                        Change.key(each),
                        new Open(
                                each.value("severity", Severity::valueOf),
                                Instant.parse(each.text("since")),
                                Instant.parse(each.text("as")),
                                each.text("message"),
                                each.text("hint"))));
        JsonObject destinations = json.object("told");
        TreeMap<String, Told> told = new TreeMap<>();
        for (String name : destinations.members().keySet()) {
            TreeMap<Finding.Key, Since> all = new TreeMap<>();
            destinations
                    .list(name, each -> each)
                    .forEach(each -> all.put(
                            Change.key(each),
                            new Since(each.value("severity", Severity::valueOf), Instant.parse(each.text("since")))));
            told.put(name, new Told(all));
        }
        return new Memory(Instant.parse(json.text("looked")), new OpenFindings(open), told);
    }
}

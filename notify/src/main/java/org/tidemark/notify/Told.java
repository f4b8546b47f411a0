// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tidemark.config.NotifySettings;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.notify.OpenFindings.Open;

/** What one destination has been told is wrong with a cluster. Immutable. */
record Told(SortedMap<Finding.Key, Since> all) {
    static final Told NOTHING = new Told(new TreeMap<>());

    Told {
        all = Collections.unmodifiableSortedMap(new TreeMap<>(all));
    }

    /** @param at when it became wrong */
    record Since(Severity severity, Instant at) {}

    /** What is to be told now, and what has been told then. */
    record Step(List<Change> changes, Told after) {
        Step {
            changes = List.copyOf(changes);
        }
    }

    /** A change is told once it has lasted for the delay of its subject; an end at once. */
    Step step(OpenFindings open, NotifySettings settings, Instant now) {
        List<Change> changes = new ArrayList<>();
        TreeMap<Finding.Key, Since> after = new TreeMap<>(all);
        TreeSet<Finding.Key> keys = new TreeSet<>(all.keySet());
        keys.addAll(open.all().keySet());
        for (Finding.Key key : keys) {
            Since told = all.get(key);
            Open present = open.all().get(key);
            Severity before = told == null ? Severity.OK : told.severity();
            if (present == null) {
                if (told != null) {
                    changes.add(new Change(key, before, Severity.OK, told.at(), now, "", ""));
                    after.remove(key);
                }
                continue;
            }
            boolean isWanted = present.severity().compareTo(settings.severity()) >= 0;
            Duration delay = settings.delay(key.subject());
            // What moves between two severities that are both told would otherwise never be old enough.
            Instant from = told == null && settings.severity() == Severity.WARNING ? present.since() : present.as();
            boolean hasLasted = !from.plus(delay).isAfter(now);
            if (present.severity() == before || (!isWanted && told == null) || !hasLasted) {
                continue;
            }
            changes.add(new Change(
                    key, before, present.severity(), present.since(), now, present.message(), present.hint()));
            if (isWanted) {
                after.put(key, new Since(present.severity(), present.since()));
            } else {
                after.remove(key);
            }
        }
        return new Step(changes, new Told(after));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;

/**
 * What is wrong with a cluster, and since when. Immutable.
 *
 * @param all by the key, which stays the same from one look to the next
 */
public record OpenFindings(SortedMap<Finding.Key, Open> all) {
    /** Nothing is wrong, or nobody has looked. */
    public static final OpenFindings NONE = new OpenFindings(new TreeMap<>());

    public OpenFindings {
        all = Collections.unmodifiableSortedMap(new TreeMap<>(all));
    }

    /**
     * One that is wrong.
     *
     * @param since when it was first seen
     * @param as since when it has had this severity
     */
    public record Open(Severity severity, Instant since, Instant as, String message, String hint) {}

    /**
     * After another look. What was not found again is over, unless the look could not see it: then it stays open.
     *
     * @param blinding subjects of findings that keep a look from seeing others, such as a server that does not answer
     */
    public OpenFindings after(List<Finding> found, Set<String> blinding, Instant at) {
        TreeMap<Finding.Key, Open> next = new TreeMap<>();
        for (Finding each : found) {
            if (each.severity() != Severity.OK) {
                next.merge(each.key(), opened(each, at), OpenFindings::worse);
            }
        }
        if (next.keySet().stream().anyMatch(key -> blinding.contains(key.subject()))) {
            Set<Finding.Key> seen = found.stream().map(Finding::key).collect(Collectors.toSet());
            all.forEach((key, open) -> {
                if (!seen.contains(key) && !blinding.contains(key.subject())) {
                    next.put(key, open);
                }
            });
        }
        return new OpenFindings(next);
    }

    private Open opened(Finding finding, Instant at) {
        Open before = all.get(finding.key());
        return new Open(
                finding.severity(),
                before == null ? at : before.since(),
                before == null || before.severity() != finding.severity() ? at : before.as(),
                finding.message(),
                finding.hint());
    }

    /** Of two with one key the worse one counts; of two equal ones, the first. */
    private static Open worse(Open one, Open other) {
        return other.severity().compareTo(one.severity()) > 0 ? other : one;
    }

    /** The worst of all. */
    public Severity severity() {
        return all.values().stream()
                .map(Open::severity)
                .max(Severity::compareTo)
                .orElse(Severity.OK);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One thing that an operation looked at, for people and for programs: what prints it, decides the form. Immutable.
 *
 * @param subject a word or two
 * @param hint a sentence; empty where all is well
 * @param repository the one that it is about, as it is configured
 * @param values what was measured, in the order in which it was added
 * @param thresholds of some of the values
 */
public record Finding(
        Severity severity,
        String subject,
        String message,
        String hint,
        Optional<String> repository,
        Map<Measure, Long> values,
        Map<Measure, Threshold> thresholds) {
    /** How it is, from good to bad. */
    public enum Severity {
        OK,
        WARNING,
        CRITICAL
    }

    /**
     * Which finding it is: the same from one look to the next, whatever its words and numbers. Several may have one.
     *
     * @param repository the one that it is about, as it is configured
     */
    public record Key(String subject, Optional<String> repository) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            return Comparator.comparing(Key::subject)
                    .thenComparing(key -> key.repository().orElse(""))
                    .compare(this, other);
        }
    }

    public Finding {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        thresholds = Map.copyOf(thresholds);
    }

    private Finding(Severity severity, String subject, String message, String hint) {
        this(severity, subject, message, hint, Optional.empty(), Map.of(), Map.of());
    }

    public static Finding ok(String subject, String message) {
        return new Finding(Severity.OK, subject, message, "");
    }

    public static Finding warning(String subject, String message, String hint) {
        return new Finding(Severity.WARNING, subject, message, hint);
    }

    public static Finding critical(String subject, String message, String hint) {
        return new Finding(Severity.CRITICAL, subject, message, hint);
    }

    public static Finding critical(String subject, UserFacingException problem) {
        return critical(subject, problem.getMessage(), problem.hint());
    }

    public Key key() {
        return new Key(subject, repository);
    }

    /** The same, about one repository. */
    public Finding of(String name) {
        return new Finding(severity, subject, message, hint, Optional.of(name), values, thresholds);
    }

    public Finding withHint(String other) {
        return new Finding(severity, subject, message, other, repository, values, thresholds);
    }

    /** The same, with one more value. */
    public Finding with(Measure measure, long value) {
        Map<Measure, Long> more = new LinkedHashMap<>(values);
        more.put(measure, value);
        return new Finding(severity, subject, message, hint, repository, more, thresholds);
    }

    /** The same, with the values of another one. */
    public Finding measured(Finding other) {
        return new Finding(severity, subject, message, hint, repository, other.values, other.thresholds);
    }

    /** The same, with one more value and from where on it is a finding. */
    public Finding with(Measure measure, long value, Threshold threshold) {
        Map<Measure, Threshold> more = new LinkedHashMap<>(thresholds);
        more.put(measure, threshold);
        return new Finding(severity, subject, message, hint, repository, values, more).with(measure, value);
    }

    /** The worst of all; {@link Severity#OK} if there are none. */
    public static Severity worst(List<Finding> findings) {
        return findings.stream()
                .map(Finding::severity)
                .max(Comparator.naturalOrder())
                .orElse(Severity.OK);
    }
}

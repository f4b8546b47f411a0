// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.UserFacingException;

/**
 * One thing that was looked at. Immutable.
 *
 * @param subject a word or two
 * @param hint a sentence; empty where all is well
 * @param repository the one that it is about, as it is configured
 * @param values what was measured, by name, in bytes, seconds or a number
 */
public record CheckFinding(
        Severity severity,
        String subject,
        String message,
        String hint,
        Optional<String> repository,
        Map<String, Long> values) {
    /** How it is, from good to bad. */
    public enum Severity {
        OK,
        WARNING,
        CRITICAL
    }

    public CheckFinding {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    private CheckFinding(Severity severity, String subject, String message, String hint) {
        this(severity, subject, message, hint, Optional.empty(), Map.of());
    }

    static CheckFinding ok(String subject, String message) {
        return new CheckFinding(Severity.OK, subject, message, "");
    }

    static CheckFinding warning(String subject, String message, String hint) {
        return new CheckFinding(Severity.WARNING, subject, message, hint);
    }

    static CheckFinding critical(String subject, String message, String hint) {
        return new CheckFinding(Severity.CRITICAL, subject, message, hint);
    }

    static CheckFinding critical(String subject, UserFacingException problem) {
        return critical(subject, problem.getMessage(), problem.hint());
    }

    /** The same, about one repository. */
    CheckFinding of(String name) {
        return new CheckFinding(severity, subject, message, hint, Optional.of(name), values);
    }

    /** The same, with one more value. */
    CheckFinding with(String name, long value) {
        Map<String, Long> more = new LinkedHashMap<>(values);
        more.put(name, value);
        return new CheckFinding(severity, subject, message, hint, repository, more);
    }

    /** The worst of all; {@link Severity#OK} if there are none. */
    public static Severity worst(List<CheckFinding> findings) {
        return findings.stream()
                .map(CheckFinding::severity)
                .max(Comparator.naturalOrder())
                .orElse(Severity.OK);
    }
}

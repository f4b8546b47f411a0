// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;

/**
 * Which repositories of an operation could be read: one that cannot does not keep the others from it. Immutable.
 *
 * @param took how long each of those took that could, by its name, in order of preference
 * @param failures why each of the others could not, by its name
 */
public record RepositoryReadings(Map<String, Duration> took, Map<String, UserFacingException> failures) {
    public RepositoryReadings {
        took = Collections.unmodifiableMap(new LinkedHashMap<>(took));
        failures = Collections.unmodifiableMap(new LinkedHashMap<>(failures));
    }

    /** Reads one repository. */
    public interface Reading {
        void read(RepositorySettings settings) throws IOException;
    }

    /**
     * Reads the repositories of the session in order of preference.
     *
     * @throws UserFacingException on an interrupt
     */
    public static RepositoryReadings of(Session session, Reading reading) {
        Map<String, Duration> took = new LinkedHashMap<>();
        Map<String, UserFacingException> failures = new LinkedHashMap<>();
        for (RepositorySettings settings : session.repositorySettings()) {
            long begun = System.nanoTime();
            try {
                reading.read(settings);
                took.put(settings.name(), Duration.ofNanos(System.nanoTime() - begun));
            } catch (IOException | UserFacingException e) {
                UserFacingException failure = StorageErrors.explainUnlessInterrupted(e);
                failures.put(settings.name(), failure);
            }
        }
        return new RepositoryReadings(took, failures);
    }

    /** The names of those that could be read, in order of preference. */
    public List<String> read() {
        return List.copyOf(took.keySet());
    }

    /** One for each that could not be read; none if {@link #requireOne} says the same. */
    public List<Finding> warnings() {
        if (allFailedAlike()) {
            return List.of();
        }
        String without = took.isEmpty()
                ? ""
                : "As long as it does not answer, recover needs the others by name (--repository "
                        + String.join(" --repository ", took.keySet()) + "). ";
        return failures.entrySet().stream()
                .map(each -> Finding.warning(
                                "repository",
                                "'" + each.getKey() + "' is left out: "
                                        + each.getValue().getMessage(),
                                without + each.getValue().hint())
                        .of(each.getKey()))
                .toList();
    }

    /** Throws if none could be read: with the status of the first. */
    public void requireOne() {
        if (!took.isEmpty()) {
            return;
        }
        UserFacingException first = failures.values().iterator().next();
        throw allFailedAlike()
                ? first
                : new UserFacingException(
                        first.exitCode(), "no repository can be read", "See the warning for each of them.", first);
    }

    private boolean allFailedAlike() {
        return took.isEmpty()
                && failures.values().stream()
                                .map(UserFacingException::getMessage)
                                .distinct()
                                .count()
                        == 1;
    }

    /** The status of the first that could not be read; DONE if all were. */
    public ExitCode status() {
        return failures.values().stream()
                .map(UserFacingException::exitCode)
                .findFirst()
                .orElse(ExitCode.DONE);
    }
}

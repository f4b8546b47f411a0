// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations;

import java.io.IOException;
import java.util.ArrayList;
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
 * @param read the names of those that could, in order of preference
 * @param failures why each of the others could not, by its name
 */
public record RepositoryReadings(List<String> read, Map<String, UserFacingException> failures) {
    public RepositoryReadings {
        read = List.copyOf(read);
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
        List<String> read = new ArrayList<>();
        Map<String, UserFacingException> failures = new LinkedHashMap<>();
        for (RepositorySettings settings : session.repositorySettings()) {
            try {
                reading.read(settings);
                read.add(settings.name());
            } catch (IOException | UserFacingException e) {
                UserFacingException failure = StorageErrors.explainUnlessInterrupted(e);
                failures.put(settings.name(), failure);
            }
        }
        return new RepositoryReadings(read, failures);
    }

    /** One for each that could not be read; none if {@link #requireOne} says the same. */
    public List<Finding> warnings() {
        if (allFailedAlike()) {
            return List.of();
        }
        String without = read.isEmpty()
                ? ""
                : "To leave it out, name the others (--repository " + String.join(" --repository ", read) + "). ";
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
        if (!read.isEmpty()) {
            return;
        }
        UserFacingException first = failures.values().iterator().next();
        throw allFailedAlike()
                ? first
                : new UserFacingException(
                        first.exitCode(), "no repository can be read", "See the warning for each of them.", first);
    }

    private boolean allFailedAlike() {
        return read.isEmpty()
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

// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.cli.output.Output;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Session;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads each repository of a command, and goes on where one does not answer. Not thread-safe. */
final class EachRepository {
    private final Session session;
    private final Output output;
    private final Map<String, UserFacingException> failures = new LinkedHashMap<>();

    EachRepository(Session session, Output output) {
        this.session = session;
        this.output = output;
    }

    /** Reads one repository. */
    interface Reading {
        void read(RepositorySettings settings) throws IOException;
    }

    /**
     * Reads them in order of preference, and warns of each that cannot be read.
     *
     * @throws UserFacingException if none can be read, or all of them say the same, or on an interrupt
     */
    void read(Reading reading) {
        List<RepositorySettings> all = session.repositorySettings();
        List<String> answered = new ArrayList<>();
        for (RepositorySettings settings : all) {
            try {
                reading.read(settings);
                answered.add(settings.name());
            } catch (IOException e) {
                fail(settings, StorageFailure.explain(e));
            } catch (UserFacingException e) {
                fail(settings, e);
            }
        }
        List<UserFacingException> last = new ArrayList<>(failures.values());
        if (answered.isEmpty()
                && last.stream().map(UserFacingException::getMessage).distinct().count() == 1) {
            throw last.getFirst();
        }
        String without = answered.isEmpty()
                ? ""
                : "To leave it out, name the others (--repository " + String.join(" --repository ", answered) + "). ";
        failures.forEach((name, failure) ->
                output.warn("'" + name + "' is left out: " + failure.getMessage(), without + failure.hint()));
        if (answered.isEmpty()) {
            UserFacingException first = last.getFirst();
            throw new UserFacingException(
                    first.exitCode(), "no repository can be read", "See the warning for each of them.", first);
        }
    }

    private void fail(RepositorySettings settings, UserFacingException failure) {
        if (failure.exitCode() == ExitCode.INTERRUPTED || Thread.currentThread().isInterrupted()) {
            throw failure;
        }
        failures.put(settings.name(), failure);
    }

    /** What the command ends with: the status of the first repository that could not be read. */
    ExitCode status() {
        return failures.values().stream()
                .map(UserFacingException::exitCode)
                .findFirst()
                .orElse(ExitCode.DONE);
    }

    /** Adds those that could not be read to a document, where there are any. */
    void describe(ObjectNode document) {
        if (failures.isEmpty()) {
            return;
        }
        ArrayNode array = document.putArray("unreadable");
        failures.forEach((name, failure) -> array.addObject()
                .put("repository", name)
                .put("status", failure.exitCode().status())
                .put("message", failure.getMessage())
                .put("hint", failure.hint()));
    }
}

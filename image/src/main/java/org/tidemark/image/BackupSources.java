// SPDX-License-Identifier: Apache-2.0
package org.tidemark.image;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * The repositories that hold a backup. What is damaged or missing in one of them is read from the next one, and a
 * repository that did not answer is asked last from then on. Thread-safe.
 */
public final class BackupSources {
    private final List<Source> sources;
    private final Set<Source> silent = ConcurrentHashMap.newKeySet();
    private final Map<String, Finding> replaced = new LinkedHashMap<>();

    /**
     * One of them.
     *
     * @param repository its name in messages
     */
    public record Source(String repository, BackupCatalog catalog) {}

    /** Reads something out of one repository; may be called again for another one. */
    public interface Reading<T> {
        T from(BackupCatalog catalog) throws IOException;
    }

    /** @param sources in the order in which they are asked; at least one */
    public BackupSources(List<Source> sources) {
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("a backup is in at least one repository");
        }
        this.sources = List.copyOf(sources);
    }

    /** A single repository, which nothing can stand in for. */
    public static BackupSources of(BackupCatalog catalog) {
        return new BackupSources(List.of(new Source("the repository", catalog)));
    }

    /** Reads from the first repository whose copy is intact; throws the failure of the first one if none is. */
    public <T> T read(Reading<T> reading) throws IOException {
        List<Failure> failures = new ArrayList<>();
        for (Source source : inOrder()) {
            try {
                T found = reading.from(source.catalog());
                failures.forEach(failure -> note(failure, source));
                return found;
            } catch (DamagedObjectException | StorageException e) {
                if (e instanceof StorageUnavailable) {
                    silent.add(source);
                }
                failures.add(new Failure(source, e));
            } catch (UserFacingException e) {
                failures.add(new Failure(source, e));
            }
        }
        Exception first = failures.getFirst().cause();
        failures.subList(1, failures.size()).forEach(each -> first.addSuppressed(each.cause()));
        if (first instanceof UserFacingException e) {
            throw e;
        }
        throw (IOException) first;
    }

    /** What was read from another repository than the first one, and why: warnings, each once. */
    public List<Finding> replaced() {
        synchronized (replaced) {
            return List.copyOf(replaced.values());
        }
    }

    private record Failure(Source source, Exception cause) {}

    private List<Source> inOrder() {
        List<Source> ordered = new ArrayList<>(sources);
        ordered.removeIf(silent::contains);
        sources.stream().filter(silent::contains).forEach(ordered::add);
        return ordered;
    }

    private void note(Failure failure, Source by) {
        boolean unavailable = failure.cause() instanceof StorageUnavailable;
        String failed = failure.source().repository();
        String message = unavailable
                ? "'" + failed + "' did not answer, and '" + by.repository() + "' was read instead: "
                        + failure.cause().getMessage()
                : "'" + failed + "' has no good copy, and '" + by.repository() + "' was read instead: "
                        + failure.cause().getMessage();
        String hint = unavailable
                ? "Check that the store is running, and that this host can reach it."
                : "See what is damaged with: " + CopyableCommand.of("verify", "--all", "--repository", failed);
        synchronized (replaced) {
            // One warning is enough for a silent repository; but each damaged object is named.
            replaced.putIfAbsent(unavailable ? failed : message, Finding.warning("repository", message, hint));
        }
    }
}

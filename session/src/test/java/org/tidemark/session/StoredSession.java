// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.config.Environment;
import org.tidemark.config.RepositorySettings;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.MovableClock;

/**
 * A session of one cluster with some repositories on disks, in which backups and WAL are stored without a server. The
 * times in documents are those of its clock; so are the times of storing after the next {@link #at}. Not thread-safe.
 */
public final class StoredSession implements AutoCloseable {
    private final Path directory;
    private final Session session;
    private final MovableClock clock;
    private final Map<String, StoredArchive> archives = new LinkedHashMap<>();
    private final Map<String, ObjectStore> stores = new LinkedHashMap<>();
    private final Set<Path> dated = new HashSet<>();

    /**
     * Creates the repositories.
     *
     * @param retention the policy of each repository, by its name; may be empty
     */
    public StoredSession(Path directory, Map<String, String> retention, Instant now) throws IOException {
        this.directory = directory;
        this.clock = new MovableClock(now);
        StringBuilder toml = new StringBuilder("[host]%nspool = '%s/spool'%n".formatted(directory));
        retention.forEach((name, policy) -> toml.append("[repository.%s]%nurl = 'file://%s/%s'%n%s"
                .formatted(name, directory, name, policy.isEmpty() ? "" : "retention = '" + policy + "'\n")));
        toml.append("[cluster.main]\nrepositories = [")
                .append(String.join(
                        ", ",
                        retention.keySet().stream()
                                .map(each -> "'" + each + "'")
                                .toList()))
                .append("]\n");
        Path config = Files.writeString(directory.resolve("tidemark.toml"), toml);
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-------"));
        for (String name : retention.keySet()) {
            Path place = Files.createDirectories(directory.resolve(name));
            ObjectStore store = new FileSystemStoreProvider().open(place.toUri(), Map.of());
            stores.put(name, store);
            archives.put(name, new StoredArchive(store, clock, directory));
        }
        this.session = Session.open(
                new Environment(Map.of(), directory, directory.resolve("home"), directory),
                clock,
                new Session.Choice(Optional.of(config), List.of(), Optional.empty(), List.of(), List.of()),
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
    }

    /** One with the repositories 'far' and 'near', which have no policies. */
    public static StoredSession ofTwo(Path directory, Instant now) throws IOException {
        return new StoredSession(directory, new TreeMap<>(Map.of("far", "", "near", "")), now);
    }

    public Session session() {
        return session;
    }

    public StoredArchive in(String repository) {
        return Optional.ofNullable(archives.get(repository)).orElseThrow();
    }

    public ObjectStore store(String repository) {
        return Optional.ofNullable(stores.get(repository)).orElseThrow();
    }

    public MovableClock clock() {
        return clock;
    }

    public RepositorySettings settings(String repository) {
        return session.repositorySettings(repository);
    }

    public Instant now() {
        return clock.instant();
    }

    /** Stores what follows at another time. */
    public void at(Instant moment) throws IOException {
        dateObjects();
        clock.set(moment);
    }

    /** What was stored since the last time was stored at the time of the clock. */
    private void dateObjects() throws IOException {
        for (String repository : archives.keySet()) {
            Path place = directory.resolve(repository);
            if (Files.isDirectory(place)) {
                try (Stream<Path> files = Files.walk(place)) {
                    for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                        if (dated.add(file)) {
                            Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
                        }
                    }
                }
            }
        }
    }

    /** Its disk is not there any more. */
    public void remove(String repository) throws IOException {
        Files.move(directory.resolve(repository), directory.resolve(repository + "-away"));
    }

    @Override
    public void close() {
        session.close();
        stores.values().forEach(ObjectStore::close);
    }
}

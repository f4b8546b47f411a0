// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Says what a {@link PostgresServer} is to be like; {@link #create} makes its data directory. Not thread-safe. */
public final class PostgresServerBuilder {
    private final PostgresBinaries binaries;
    private final List<String> initdb = new ArrayList<>();
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final Map<String, String> autoSettings = new LinkedHashMap<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<String> signalFiles = new ArrayList<>();
    private Optional<Path> source = Optional.empty();
    private boolean dataChecksums = true;
    private boolean ownIdentity;
    private boolean templates;

    PostgresServerBuilder(PostgresBinaries binaries) {
        this.binaries = binaries;
        settings.put("fsync", "off");
        settings.put("wal_init_zero", "off");
        settings.put("wal_level", "replica");
        settings.put("max_wal_senders", "8");
        settings.put("shared_buffers", "16MB");
        settings.put("logging_collector", "off");
    }

    /** Options for initdb, such as {@code --wal-segsize=1} (MiB). */
    public PostgresServerBuilder initdb(String... options) {
        initdb.addAll(List.of(options));
        return this;
    }

    /** No page checksums; otherwise there are, in every version. */
    public PostgresServerBuilder withoutDataChecksums() {
        dataChecksums = false;
        return this;
    }

    /** A system identifier of its own; otherwise servers of one version share it within a test run. */
    public PostgresServerBuilder ownIdentity() {
        ownIdentity = true;
        return this;
    }

    /** With the databases template0 and template1, as initdb makes them; otherwise there is postgres alone. */
    public PostgresServerBuilder withTemplates() {
        templates = true;
        return this;
    }

    /** A setting in postgresql.conf. Without one of the same name fsync is off, and wal_level is replica. */
    public PostgresServerBuilder setting(String name, String value) {
        settings.put(name, value);
        return this;
    }

    /** A setting in postgresql.auto.conf, where ALTER SYSTEM and restore tools write. */
    public PostgresServerBuilder autoSetting(String name, String value) {
        autoSettings.put(name, value);
        return this;
    }

    /** A variable in the server's environment, which else holds PATH, LC_ALL and options for Java alone. */
    public PostgresServerBuilder environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Archiving by {@code command}, with {@code %p} and {@code %f}. */
    public PostgresServerBuilder archiving(String command) {
        return setting("archive_mode", "on").setting("archive_command", command);
    }

    /**
     * No segment of WAL is written again under another name. Then {@link #commandInto} gives an archive the file
     * itself, and spares the copy of 16 MiB.
     */
    public PostgresServerBuilder withoutRecycling() {
        return setting("wal_recycle", "off");
    }

    /** The archive_command, for {@link #withoutRecycling}, that puts WAL into a directory and touches it no more. */
    public static String commandInto(String directory) {
        String archived = directory + "/%f";
        // After a crash it may be there already.
        return "ln -f %p " + archived + " || test %p -ef " + archived;
    }

    /** Starts from a copy of {@code dataDirectory}, which stays as it is, in the place of an empty cluster. */
    public PostgresServerBuilder from(Path dataDirectory) {
        source = Optional.of(dataDirectory);
        return this;
    }

    /** A recovery from the archive (recovery.signal). */
    public PostgresServerBuilder recovery(String restoreCommand) {
        signalFiles.add("recovery.signal");
        return autoSetting("restore_command", restoreCommand);
    }

    /** A standby (standby.signal) that streams, or that reads an archive if restore_command is set as well. */
    public PostgresServerBuilder standbyOf(PostgresServer primary) {
        return standby().autoSetting("primary_conninfo", primary.conninfo() + " application_name=standby");
    }

    /** A standby (standby.signal) that reads the archive alone. */
    public PostgresServerBuilder standby(String restoreCommand) {
        return standby().autoSetting("restore_command", restoreCommand);
    }

    /** Makes the server's directories; it does not run yet. */
    public PostgresServer create() {
        OperatingUser user = OperatingUser.current();
        Path home = user.newTemporaryDirectory("tidemark-pg" + binaries.major() + "-");
        Path data = home.resolve("data");
        try {
            makeData(data);
            Files.createDirectory(home.resolve("socket"));
            append(data.resolve("postgresql.conf"), settings);
            append(data.resolve("postgresql.auto.conf"), autoSettings);
            for (String signalFile : signalFiles) {
                Files.writeString(data.resolve(signalFile), "");
            }
            user.own(home);
        } catch (IOException e) {
            TemporaryTree.delete(home);
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            TemporaryTree.delete(home);
            throw e;
        }
        return new PostgresServer(binaries, home, environment);
    }

    /** {@link #create}, then {@link PostgresServer#start}. */
    public PostgresServer start() {
        PostgresServer server = create();
        try {
            server.start();
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private PostgresServerBuilder standby() {
        signalFiles.add("standby.signal");
        return this;
    }

    private void makeData(Path data) {
        if (source.isPresent()) {
            TemporaryTree.copy(source.get(), data);
            return;
        }
        List<String> arguments = new ArrayList<>(initdb);
        if (dataChecksums) {
            arguments.add("--data-checksums");
        } else if (binaries.major() >= 18) {
            arguments.add("--no-data-checksums");
        }
        if (ownIdentity) {
            InitializedCluster.create(data, binaries, arguments, templates);
        } else {
            InitializedCluster.copyTo(data, binaries, arguments, templates);
        }
    }

    private static void append(Path file, Map<String, String> values) throws IOException {
        StringBuilder lines = new StringBuilder("\n");
        values.forEach((name, value) -> lines.append(name)
                .append(" = '")
                .append(value.replace("\\", "\\\\").replace("'", "''"))
                .append("'\n"));
        Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}

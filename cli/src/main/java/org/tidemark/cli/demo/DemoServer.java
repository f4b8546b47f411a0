// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.SqlConnection;

/** A throwaway server that listens only on a Unix socket. */
final class DemoServer implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String PORT = "5432"; // only part of the socket's name: nothing listens on the network

    private final PostgresPrograms programs;
    private final Processes processes;
    private final Path data;
    private final Path socket;
    private final Path log;
    private boolean running;

    DemoServer(PostgresPrograms programs, Processes processes, Path data, Path socket) throws IOException {
        this.programs = programs;
        this.processes = processes;
        this.data = data;
        this.socket = Files.createDirectories(socket);
        this.log = socket.resolve("server.log");
    }

    Path data() {
        return data;
    }

    String conninfo() {
        return "host=" + socket + " port=" + PORT + " user=tidemark dbname=postgres";
    }

    void create() throws IOException, InterruptedException {
        processes.require(
                programs.program("initdb"),
                "-D",
                data.toString(),
                "-U",
                "tidemark",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--data-checksums",
                "--no-sync");
        Files.writeString(
                data.resolve("postgresql.conf"),
                "listen_addresses = ''\nport = " + PORT + "\nshared_buffers = 32MB\nmax_wal_size = 256MB\n",
                StandardOpenOption.APPEND);
    }

    void start() throws IOException, InterruptedException {
        running = true;
        processes.require(
                programs.program("pg_ctl"),
                "-D",
                data.toString(),
                "-l",
                log.toString(),
                "-w",
                "-t",
                Long.toString(LIMIT.toSeconds()),
                "-o",
                "-c unix_socket_directories='" + socket + "'",
                "start");
    }

    void stop() throws IOException, InterruptedException {
        if (running) {
            processes.require(programs.program("pg_ctl"), "-D", data.toString(), "-w", "-m", "fast", "stop");
            running = false;
        }
    }

    SqlConnection connect() {
        return SqlConnection.open(ConnectionSettings.parse(conninfo(), ClientEnvironment.ofProcess()));
    }

    void execute(String sql) {
        try (SqlConnection connection = connect()) {
            connection.execute(LIMIT, sql);
        }
    }

    String ask(String sql) {
        try (SqlConnection connection = connect()) {
            return connection.text(LIMIT, sql).orElse("");
        }
    }

    /** Every table of the schema public with its number of rows and the digest of all of them in order. */
    Map<String, String> tables() {
        Map<String, String> tables = new LinkedHashMap<>();
        try (SqlConnection connection = connect()) {
            List<String> names = connection.query(
                    LIMIT,
                    row -> row.getString(1),
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
            for (String name : names) {
                tables.put(
                        name,
                        connection
                                .text(
                                        LIMIT,
                                        "SELECT count(*) || ' rows, md5 ' || md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM "
                                                + name + " t")
                                .orElse(""));
            }
        }
        return tables;
    }

    /** The last lines that the server wrote. */
    String log() throws IOException {
        List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    }

    @Override
    public void close() throws IOException {
        if (!running) {
            return;
        }
        try {
            processes.run(
                    List.of(programs.program("pg_ctl"), "-D", data.toString(), "-w", "-m", "immediate", "stop"),
                    Map.of());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

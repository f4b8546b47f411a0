// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.recovery;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.PathBytes;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Sha256;
import org.tidemark.core.ShellWord;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.CreatedTablespace;
import org.tidemark.postgres.wal.WalFacts;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.Bytes;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.TargetFacts;
import org.tidemark.restore.plan.TargetFacts.DirectoryFacts;
import org.tidemark.restore.request.RestoreRequest;

/**
 * The WAL of a recovery in a directory beside the data directory, with a restore_command that takes it from there: such
 * a restore needs neither a repository nor this program. Immutable.
 *
 * @param directory beside the data directory
 */
public record CopiedWal(Path directory) {
    private static final String SUFFIX = ".wal";
    private static final String SUMS = "SHA256SUMS";
    private static final String FETCH = "fetch";
    private static final Pattern MARK = Pattern.compile("@(?:LAST|MAJOR|TARGET|TABLESPACES)@");
    private static final long SLACK_BYTES = 64L << 20;

    /** Of a data directory. */
    public static CopiedWal beside(Path data) {
        return new CopiedWal(data.resolveSibling(data.getFileName() + SUFFIX));
    }

    /** The restore_command, which finds it from the data directory, wherever both are carried to. */
    public String restoreCommand() {
        return "sh " + ShellWord.quoteForServer("../" + directory.getFileName() + "/" + FETCH) + " %f %p";
    }

    /** What a plan says of it: with room for the WAL beside the data, and nothing else in the directory. */
    public List<PlanFinding> findings(Chosen plan, WalSegmentSize size, TargetFacts facts) throws IOException {
        long bytes = plan.wal().segments() * size.bytes();
        List<PlanFinding> findings = new ArrayList<>();
        // Of a transaction id, nothing but PostgreSQL tells; all WAL is copied for it.
        if (plan.reachable() == RestorePlan.Reachability.NOT_CERTAIN
                && !(plan.request().target() instanceof RecoveryTarget.AtXid)) {
            findings.add(PlanFinding.problem(
                    ExitCode.TARGET_UNREACHABLE,
                    Topic.TARGET,
                    "it is not certain that the copied WAL leads to the target, and a restore with --wal copy can get"
                            + " no other",
                    (plan.request().target() instanceof RecoveryTarget.AtRestorePoint
                                    ? "Name a backup, or leave out --timeline: then the WAL is searched for the restore point."
                                    : "See the warnings about the target.")
                            + " Without a target, all archived WAL is copied and replayed; without --wal copy, WAL"
                            + " that is archived later is found."));
        }
        foreign()
                .ifPresent(name -> findings.add(PlanFinding.problem(
                        ExitCode.RESTORE_REFUSED,
                        Topic.WAL,
                        "'" + directory + "' holds '" + name + "', which is no WAL",
                        "Move the directory away, or restore into another one.")));
        if (plan.request().occupied().orElse(null) instanceof RestoreRequest.MoveAside
                && Files.exists(plan.request().directory())
                && Files.exists(directory.resolve(SUMS))) {
            findings.add(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.WAL,
                    "'" + directory + "' has the WAL of the cluster that is moved aside, which could not be started"
                            + " without it",
                    "Move it away as well, and then back with that cluster."));
        }
        if (plan.start().isOfNothing()) {
            DirectoryFacts data = Objects.requireNonNull(
                    facts.directories().get(plan.request().directory()));
            long needed = plan.directories().getFirst().sizeBytes() + bytes + SLACK_BYTES;
            data.freeBytes()
                    .filter(free -> free < needed)
                    .ifPresent(free -> findings.add(PlanFinding.problem(
                            ExitCode.RESTORE_REFUSED,
                            Topic.SPACE,
                            "the data directory and the copied WAL need " + Bytes.describe(needed) + ", and "
                                    + Bytes.describe(free) + " are free",
                            "Make room, restore to another file system, or leave out --wal copy.")));
        }
        findings.add(PlanFinding.note(
                Topic.WAL, "it is copied to '" + directory + "', " + Bytes.describe(bytes) + " without compression"));
        return findings;
    }

    /** The name of an entry of the directory that no restore has put there. */
    private Optional<String> foreign() throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (!Set.of(SUMS, FETCH).contains(name) && !isWal(name) && !name.endsWith(DurableFile.TEMPORARY)) {
                    return Optional.of(name);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return Optional.empty();
    }

    private static boolean isWal(String name) {
        try {
            return WalFile.parse(name) != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * The tablespaces that the copied WAL creates. What a recovery to the target of the plan does not replay may be
     * replayed after all: the target can be taken away, or moved, when the server is started again.
     *
     * @param facts by the segment in which the records begin
     */
    public record Guarded(int postgresMajor, SortedMap<Segment, WalFacts> facts, RecoveryTarget target) {
        /** For the script, which a directory with any name must not change. */
        private String commands() {
            return facts.entrySet().stream()
                    .flatMap(each -> commands(each.getKey(), each.getValue()))
                    .collect(Collectors.joining("\n"));
        }

        private Stream<String> commands(Segment segment, WalFacts of) {
            List<CreatedTablespace> replayed = of.createdBefore(target);
            return of.tablespaces().stream()
                    .map(each -> (replayed.contains(each) ? "" : "ends_before || ") + "creates " + segment.name() + " "
                            + each.oid() + " " + ShellWord.quote(each.location()));
        }
    }

    /** Where a file of WAL goes. */
    public Path place(WalFile file) {
        return directory.resolve(file.name());
    }

    /** Makes the directory, for the owner of the data directory. Until {@link #complete} nothing is fetched from it. */
    public void make(Path data) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            owner(data).makeDirectory(directory);
        }
        Files.deleteIfExists(directory.resolve(SUMS));
        DurableFile.sync(directory);
    }

    /**
     * Every file is in place. Durable on return.
     *
     * @param files the digest of each, by its name
     * @param last the last segment that the recovery reads
     * @param settings of the recovery, which say where it ends
     */
    public void complete(
            Path data, SortedMap<String, Sha256> files, Segment last, Guarded guarded, RecoverySettings settings)
            throws IOException {
        FileOwner owner = owner(data);
        for (String name : files.keySet()) {
            owner.with(0600).applyTo(directory.resolve(name));
        }
        String script;
        try (InputStream text = Objects.requireNonNull(CopiedWal.class.getResourceAsStream("fetch.sh"))) {
            script = new String(text.readAllBytes(), StandardCharsets.UTF_8);
        }
        String list = files.entrySet().stream()
                .map(each -> each.getValue().hex() + "  " + each.getKey() + "\n")
                .collect(Collectors.joining());
        put(
                FETCH,
                MARK.matcher(script)
                        .replaceAll(mark -> Matcher.quoteReplacement(
                                switch (mark.group()) {
                                    case "@LAST@" -> last.name().substring(8);
                                    case "@MAJOR@" -> Integer.toString(guarded.postgresMajor());
                                    case "@TARGET@" -> ShellWord.quote(settings.targetLines());
                                    default -> guarded.commands();
                                })),
                owner);
        put(SUMS, list, owner);
    }

    private void put(String name, String text, FileOwner owner) throws IOException {
        DurableFile.replace(directory.resolve(name), PathBytes.encode(text), owner.with(0600));
    }

    private static FileOwner owner(Path data) throws IOException {
        return Files.exists(data) ? FileOwner.of(data) : FileOwner.current();
    }
}

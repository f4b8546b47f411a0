// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.settings;

import static org.tidemark.recoverability.PlanFinding.Topic.OUTSIDE;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.ConfigurationFile;
import org.tidemark.catalog.backup.StoredConfiguration;
import org.tidemark.catalog.backup.StoredConfiguration.Kind;
import org.tidemark.catalog.backup.StoredConfiguration.Setting;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.PathBytes;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.RestoreRequest.ConfigurationChoice;
import org.tidemark.restore.settings.ServerStart.OutsideConfiguration;

/**
 * Where a restore puts the files that the server read outside of its data directory. A file that exists is never
 * overwritten. Immutable.
 *
 * @param below the directory in which they get the paths that they had; {@code /} for those paths themselves
 */
public record ConfigurationPlan(StoredConfiguration stored, Path below, List<Placed> files) {
    private static final String BESIDE = ".configuration";

    /** The directories above a file: everyone may enter them, as they may on the host of the server. */
    private static final int DIRECTORY_MODE = 0755;

    private static final Path ROOT = Path.of("/");

    /** PostgreSQL's limit for includes in includes. */
    private static final int MAX_DEPTH = 10;

    /** A file, and where it is put. */
    public record Placed(ConfigurationFile file, Path place) {
        /** Whether something else is there. */
        private boolean isOccupied() {
            try {
                return Files.exists(place, LinkOption.NOFOLLOW_LINKS)
                        && !Arrays.equals(Files.readAllBytes(place), file.content());
            } catch (IOException e) {
                return true;
            }
        }
    }

    public ConfigurationPlan {
        files = List.copyOf(files);
    }

    /** A plan, or none, and what is to be said of it. */
    public record Decision(Optional<ConfigurationPlan> plan, List<PlanFinding> findings) {
        static Decision of(PlanFinding finding) {
            return new Decision(Optional.empty(), List.of(finding));
        }
    }

    /** Whether it was put beside a data directory. */
    static boolean isBeside(Path file) {
        for (Path part : file) {
            if (part.toString().endsWith(BESIDE)) {
                return true;
            }
        }
        return false;
    }

    boolean isBeside() {
        return !below.equals(ROOT);
    }

    /** A directory beside the data directory. */
    public static Path beside(Path directory) {
        return directory.resolveSibling(directory.getFileName() + BESIDE);
    }

    /**
     * Decides where the files go.
     *
     * @param stored what the backup lists
     * @param files what was read of it; empty if no repository has it
     * @param here how the server would be started with what is on this host
     */
    public static Decision decide(
            RestoreRequest request, StoredConfiguration stored, List<ConfigurationFile> files, ServerStart here) {
        ConfigurationChoice choice = request.configuration();
        boolean isAsked = choice == ConfigurationChoice.BESIDE || choice == ConfigurationChoice.RESTORE;
        Path beside = beside(request.directory());
        if (choice == ConfigurationChoice.NONE) {
            return Decision.of(PlanFinding.note(
                    OUTSIDE, "the backup has the server's configuration, " + count(stored) + ", which is not written"));
        }
        if (!isAsked && isHere(stored, here)) {
            return Decision.of(used(stored, files, here, beside));
        }
        if (files.isEmpty()) {
            String message = "no repository can give the server's configuration that the backup lists";
            String hint = "Restore without it: add --configuration none. To see what is missing: tidemark verify";
            return Decision.of(
                    isAsked
                            ? PlanFinding.problem(ExitCode.DAMAGED, OUTSIDE, message, hint)
                            : PlanFinding.warning(OUTSIDE, message, hint));
        }
        if (!isAsked && !isWritable(beside)) {
            return Decision.of(PlanFinding.warning(
                    OUTSIDE,
                    "the backup has the server's configuration, " + count(stored)
                            + ", which is not written: this user may not write to '" + beside.getParent() + "'",
                    "To have it in '" + beside + "', create that directory for this user first."));
        }
        return placed(stored, files, choice == ConfigurationChoice.RESTORE ? ROOT : beside);
    }

    /** Of a backup that has nothing from outside of the data directory; empty if nothing was asked for. */
    public static Optional<Decision> decideWithout(RestoreRequest request, BackupId backup, ServerStart here) {
        ConfigurationChoice choice = request.configuration();
        if (choice != ConfigurationChoice.BESIDE && choice != ConfigurationChoice.RESTORE) {
            return Optional.empty();
        }
        return Optional.of(Decision.of(
                here.outside().isEmpty()
                        ? PlanFinding.note(
                                OUTSIDE,
                                "--configuration has no effect: the server's configuration is in the data directory,"
                                        + " and is restored with it")
                        : PlanFinding.warning(
                                OUTSIDE,
                                "--configuration has no effect: the backup does not have the server's configuration",
                                "Its warnings may say why: tidemark show-backup " + backup
                                        + ". Copy the configuration from the original, or from another backup.")));
    }

    private static Decision placed(StoredConfiguration stored, List<ConfigurationFile> files, Path below) {
        List<Placed> placed = new ArrayList<>();
        for (ConfigurationFile file : files) {
            placed.add(new Placed(file, below.resolve(PathBytes.path(file.path().substring(1)))));
        }
        ConfigurationPlan plan = new ConfigurationPlan(stored, below, placed);
        List<PlanFinding> findings = new ArrayList<>();
        findings.add(PlanFinding.note(
                OUTSIDE,
                "the server's configuration, " + count(stored) + ", to "
                        + (below.equals(ROOT) ? "where it was: " + plan.named() : "'" + below + "'")));
        for (Placed each : placed) {
            if (each.isOccupied()) {
                findings.add(
                        below.equals(ROOT)
                                ? PlanFinding.problem(
                                        ExitCode.RESTORE_REFUSED,
                                        OUTSIDE,
                                        "'" + each.place() + "' exists, and differs from the backup's",
                                        "Move it away, or have the backup's files beside the data directory: add"
                                                + " --configuration beside")
                                : PlanFinding.warning(
                                        OUTSIDE,
                                        "'" + each.place() + "' exists, differs from the backup's, and is kept",
                                        "If it is not what you edited, move '" + below + "' away."));
            }
        }
        placed.stream()
                .filter(each -> !Files.exists(each.place()) && !isWritable(each.place()))
                .findFirst()
                .ifPresent(each -> findings.add(PlanFinding.problem(
                        ExitCode.LOCAL_FILES,
                        OUTSIDE,
                        "this user may not create '" + each.place() + "'",
                        "Run the command as root, or restore without the configuration: add --configuration none")));
        findings.addAll(plan.passwords());
        if (!below.equals(ROOT)) {
            findings.addAll(plan.absoluteIncludes());
        }
        return new Decision(Optional.of(plan), findings);
    }

    /** This host's is used; it may be the one that a package has made for a new cluster. */
    private static PlanFinding used(
            StoredConfiguration stored, List<ConfigurationFile> files, ServerStart here, Path beside) {
        String other = "to have the backup's, " + count(stored) + ", in '" + beside + "', add --configuration beside";
        for (Setting setting : Setting.values()) {
            Optional<Path> own = here.outside().map(outside -> switch (setting) {
                case CONFIG_FILE -> outside.file();
                case HBA_FILE -> outside.hbaFile();
                case IDENT_FILE -> outside.identFile();
            });
            Optional<ConfigurationFile> stands = stored.path(setting)
                    .filter(path ->
                            stored.file(path).orElseThrow().withoutPasswords().isEmpty())
                    .flatMap(path -> files.stream()
                            .filter(file -> file.path().equals(path))
                            .findFirst());
            if (own.isPresent() && stands.isPresent() && new Placed(stands.get(), own.get()).isOccupied()) {
                return PlanFinding.warning(
                        OUTSIDE,
                        "this host has a configuration of this cluster that differs from the backup's: '" + own.get()
                                + "'",
                        "It is used as it is. If a package made it for a new cluster, it is not yours: " + other + ".");
            }
        }
        return PlanFinding.note(OUTSIDE, "the server's configuration is the one on this host; " + other);
    }

    /** Whether a server on this host would find its own. */
    private static boolean isHere(StoredConfiguration stored, ServerStart here) {
        return stored.path(Setting.CONFIG_FILE).isPresent()
                ? here.outside().filter(OutsideConfiguration::found).isPresent()
                : stored.files().stream().allMatch(each -> Files.exists(PathBytes.path(each.path())));
    }

    private static boolean isWritable(Path directory) {
        Path existing = directory;
        while (existing.getParent() != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        return Files.isDirectory(existing) && Files.isWritable(existing);
    }

    private static String count(StoredConfiguration stored) {
        int files = stored.files().size();
        return files == 1 ? "1 file" : files + " files";
    }

    private String named() {
        return String.join(
                ", ", files.stream().map(each -> each.place().toString()).toList());
    }

    private List<PlanFinding> passwords() {
        List<PlanFinding> findings = new ArrayList<>();
        for (StoredConfiguration.File each : stored.files()) {
            if (!each.withoutPasswords().isEmpty()) {
                findings.add(PlanFinding.warning(
                        OUTSIDE,
                        "'" + PathBytes.printable(each.path()) + "' is in the backup without its passwords: "
                                + String.join(", ", each.withoutPasswords()),
                        "Write them in place of 'left-out' before they are needed. A repository with encrypt-to keeps"
                                + " them."));
            }
        }
        return findings;
    }

    /** An absolute path leads to a file of this host, or to none. */
    private List<PlanFinding> absoluteIncludes() {
        List<PlanFinding> findings = new ArrayList<>();
        settings().forEach((name, text) -> {
            try {
                for (SettingsFile.Setting line : SettingsFile.parse(text, name).includes()) {
                    if (line.value().startsWith("/") && !line.name().equalsIgnoreCase("include_if_exists")) {
                        Path wanted = PathBytes.path(line.value());
                        if (!Files.exists(wanted)) {
                            findings.add(PlanFinding.warning(
                                    OUTSIDE,
                                    "line " + line.line() + " of '" + name + "' includes '" + line.value()
                                            + "', which is not on this host",
                                    "PostgreSQL does not start without it. Write the path of its copy below '" + below
                                            + "' into that line, or put the files where they were: add"
                                            + " --configuration restore"));
                        }
                    }
                }
            } catch (CorruptFileException e) {
                findings.add(PlanFinding.warning(
                        OUTSIDE, String.valueOf(e.getMessage()), "PostgreSQL does not start until this is corrected."));
            }
        });
        return findings;
    }

    /** The text of the files that hold settings, by their new path. */
    Map<String, String> settings() {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Placed each : files) {
            if (isSettings(each.file().path())) {
                texts.put(each.place().toString(), text(each.file()));
            }
        }
        return texts;
    }

    /** The text of postgresql.conf with what it includes, each where it is included: so the last line counts. */
    String effective() {
        StringBuilder text = new StringBuilder();
        stored.path(Setting.CONFIG_FILE).ifPresent(path -> append(path, MAX_DEPTH, text));
        return text.toString();
    }

    private void append(String path, int depth, StringBuilder text) {
        Optional<ConfigurationFile> file = files.stream()
                .map(Placed::file)
                .filter(each -> each.path().equals(path))
                .findFirst();
        if (file.isEmpty() || depth == 0) {
            return;
        }
        for (String line : text(file.get()).split("\n", -1)) {
            Optional<SettingsFile.Setting> include = include(line);
            if (include.isEmpty()) {
                text.append(line).append('\n');
                continue;
            }
            String target = Path.of(path)
                    .resolveSibling(include.get().value())
                    .normalize()
                    .toString();
            if (include.get().name().equalsIgnoreCase("include_dir")) {
                files.stream()
                        .map(each -> each.file().path())
                        .filter(each -> each.startsWith(target + "/")
                                && each.indexOf('/', target.length() + 1) < 0
                                && each.endsWith(".conf"))
                        .sorted()
                        .forEach(each -> append(each, depth - 1, text));
            } else {
                append(target, depth - 1, text);
            }
        }
    }

    private static Optional<SettingsFile.Setting> include(String line) {
        try {
            return SettingsFile.parse(line, "").includes().stream().findFirst();
        } catch (CorruptFileException e) {
            return Optional.empty();
        }
    }

    private static String text(ConfigurationFile file) {
        return new String(file.content(), StandardCharsets.UTF_8);
    }

    private boolean isSettings(String path) {
        return stored.file(path).filter(file -> file.kind() == Kind.SETTINGS).isPresent();
    }

    /** Where a file is put; empty if the server had it in its data directory. */
    Optional<Path> place(Setting setting) {
        return stored.path(setting)
                .flatMap(path -> files.stream()
                        .filter(each -> each.file().path().equals(path))
                        .map(Placed::place)
                        .findFirst());
    }

    /** Writes them, durably, as files of the owner of the data directory. */
    public void write(FileOwner owner) throws IOException {
        for (Placed each : files) {
            Path directory = each.place().getParent();
            if (directory != null) {
                make(directory, owner);
            }
            if (!Files.exists(each.place(), LinkOption.NOFOLLOW_LINKS)) {
                DurableFile.create(
                        each.place(),
                        each.file().content(),
                        owner.with(each.file().mode()));
            }
        }
    }

    private static void make(Path directory, FileOwner owner) throws IOException {
        if (Files.exists(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            make(parent, owner);
        }
        DurableFile.makeDirectories(directory, DIRECTORY_MODE);
        owner.give(directory);
    }
}

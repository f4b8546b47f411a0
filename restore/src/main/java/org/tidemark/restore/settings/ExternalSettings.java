// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.settings;

import static org.tidemark.recoverability.PlanFinding.Topic.OUTSIDE;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.PathBytes;
import org.tidemark.image.BackupImage;
import org.tidemark.image.BackupSources;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.postgres.SettingsFile.Setting;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.settings.ServerStart.OutsideConfiguration;

/** What in a backup's configuration points out of the data directory, where a copy finds something else or nothing. */
public final class ExternalSettings {
    static final String CONF = "postgresql.conf";
    private static final int MOST_BYTES = 1 << 20;

    /** Paths: worth a word if they are absolute. */
    private static final Set<String> PATHS = Set.of(
            "hba_file",
            "ident_file",
            "external_pid_file",
            "ssl_cert_file",
            "ssl_key_file",
            "ssl_ca_file",
            "ssl_crl_file",
            "ssl_crl_dir",
            "ssl_dh_params_file",
            "krb_server_keyfile",
            "log_directory",
            "stats_temp_directory",
            "promote_trigger_file");

    /** Those that the start command sets itself. */
    private static final Set<String> START_NAMES = Set.of("hba_file", "ident_file", "external_pid_file");

    /** Worth a word whenever they are set. */
    private static final Map<String, String> ALWAYS = Map.of(
            "data_directory", "Start the server with the command below: it names the restored directory instead.",
            "shared_preload_libraries", "Without these libraries on this host PostgreSQL does not start.",
            "ssl_passphrase_command", "Make sure that this command works on this host.");

    /** Put out of force by the restore, so that a copy does not act on its original's surroundings. */
    private static final Set<String> PUT_OUT = Set.of("archive_cleanup_command", "recovery_end_command");

    private ExternalSettings() {}

    /** The text of each settings file of the backup, in the order in which PostgreSQL reads them. */
    public static Map<String, String> read(BackupSources sources, BaseBackup backup) throws IOException {
        List<String> names = List.of(CONF, SettingsFile.AUTO_CONF);
        BackupImage image = BackupImage.of(sources, backup, Set.copyOf(names), 2 * MOST_BYTES);
        Map<String, String> texts = new LinkedHashMap<>();
        for (String name : names) {
            if (image.find(name).orElse(null) instanceof BackupImage.File file && file.size() <= MOST_BYTES) {
                // Names and paths are what counts here: a byte that is not UTF-8 can only spoil the message.
                texts.put(name, new String(image.open(file).readAll(), StandardCharsets.UTF_8));
            }
        }
        return texts;
    }

    /**
     * Reviews them.
     *
     * @param files the text of each settings file of the backup, in the order in which PostgreSQL reads them
     * @param configuration what the restore writes outside of the data directory
     * @param overridden the names of settings that the restore replaces, beside those of every restore
     * @param directory the restored one
     */
    public static List<PlanFinding> of(
            Map<String, String> files,
            ServerStart start,
            Optional<ConfigurationPlan> configuration,
            Set<String> overridden,
            Path directory) {
        Set<String> replaced = new HashSet<>(PUT_OUT);
        replaced.addAll(overridden);
        List<PlanFinding> findings = new ArrayList<>();
        if (configuration.isPresent()) {
            configuration.get().settings().forEach((name, text) -> lacking(name, text, start, replaced, findings));
        } else {
            start.outside()
                    .ifPresent(outside ->
                            findings.add(missing(outside, start.listening().port(), directory)));
        }
        for (Map.Entry<String, String> file : files.entrySet()) {
            try {
                review(file.getKey(), SettingsFile.parse(file.getValue(), file.getKey()), replaced, findings);
            } catch (CorruptFileException e) {
                findings.add(PlanFinding.warning(
                        OUTSIDE, String.valueOf(e.getMessage()), "PostgreSQL does not start until this is corrected."));
            }
        }
        return findings;
    }

    /**
     * What to do without the configuration; -c config_file=FILE alone would open the data directory that FILE names.
     */
    private static PlanFinding missing(OutsideConfiguration outside, int port, Path directory) {
        String message = "the configuration of this cluster is kept outside of its data directory";
        if (!outside.found()) {
            return PlanFinding.warning(
                    OUTSIDE,
                    message,
                    "No postgresql.conf was found here whose data_directory is this cluster's. Copy the original's"
                            + " postgresql.conf, pg_hba.conf and pg_ident.conf to this host if they are not on it, and"
                            + " write their paths in place of FILE, HBA_FILE and IDENT_FILE in the command below. Keep"
                            + " data_directory in that command: without it PostgreSQL opens the directory that"
                            + " postgresql.conf names.");
        }
        // Usual on Debian, and the command is all that it takes.
        return PlanFinding.note(
                OUTSIDE,
                message + ": start the server with the command below, which takes " + outside.file()
                        + " and opens the restored directory"
                        + outside.original()
                                .filter(original -> !original.equals(directory))
                                .map(original -> "; with config_file alone it would open " + original)
                                .orElse("")
                        + ". Its port is " + port);
    }

    /** What the server's own configuration names, and this host does not have. */
    private static void lacking(
            String name, String text, ServerStart start, Set<String> replaced, List<PlanFinding> findings) {
        List<Setting> settings;
        try {
            settings = SettingsFile.parse(text, name).settings();
        } catch (CorruptFileException e) {
            return; // Said where its includes are looked for.
        }
        for (Setting each : settings) {
            String key = each.name().toLowerCase(Locale.ROOT);
            if (key.equals("shared_preload_libraries")) {
                List<String> missing = start.librariesMissing(each.value());
                if (!missing.isEmpty()) {
                    findings.add(PlanFinding.warning(
                            OUTSIDE,
                            "'" + name + "' sets shared_preload_libraries, and this host lacks "
                                    + String.join(", ", missing),
                            "Install them, or take them out of that line: without them PostgreSQL does not start."));
                }
            } else if (PATHS.contains(key)
                    && !replaced.contains(key)
                    && !START_NAMES.contains(key)
                    && each.value().startsWith("/")
                    && !Files.exists(PathBytes.path(each.value()))) {
                findings.add(PlanFinding.warning(
                        OUTSIDE,
                        "'" + name + "' sets " + key + " = '" + each.value() + "', which is not on this host",
                        "Create it, or change the line, before you start the server."));
            }
        }
    }

    private static void review(String name, SettingsFile file, Set<String> replaced, List<PlanFinding> findings)
            throws CorruptFileException {
        for (Setting include : file.includes()) {
            boolean inside =
                    !include.value().startsWith("/") && !include.value().startsWith("..");
            if (!inside) {
                findings.add(PlanFinding.warning(
                        OUTSIDE,
                        name + " includes '" + include.value() + "', which is not in the backup",
                        "Copy that file to this host, or remove the line."));
            }
        }
        // The last line of a name counts, and an empty value sets nothing.
        Map<String, Setting> settings = new LinkedHashMap<>();
        for (Setting setting : file.settings()) {
            settings.put(setting.name().toLowerCase(Locale.ROOT), setting);
        }
        settings.forEach((key, setting) -> {
            if (!setting.value().isEmpty()) {
                review(name, key, setting.value(), replaced, findings);
            }
        });
    }

    private static void review(
            String file, String name, String value, Set<String> replaced, List<PlanFinding> findings) {
        // A command may hold a password.
        boolean secret = name.endsWith("_command");
        String shown = file + " sets " + name + (secret ? "" : " = '" + value + "'");
        String hint = ALWAYS.get(name);
        if (hint != null) {
            findings.add(PlanFinding.warning(OUTSIDE, shown, hint));
        } else if (replaced.contains(name)) {
            findings.add(PlanFinding.note(OUTSIDE, shown + "; recover overrides it"));
        } else if (PATHS.contains(name) && value.startsWith("/")) {
            findings.add(PlanFinding.warning(
                    OUTSIDE, shown, "Make sure that it exists on this host, and that this copy may use it."));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.tidemark.restore.Finding.Topic.OUTSIDE;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.postgres.SettingsFile.Setting;

/** What in a backup's configuration points out of the data directory, where a copy finds something else or nothing. */
final class OutsideSettings {
    private static final String CONF = "postgresql.conf";
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

    /** Worth a word whenever they are set. */
    private static final Map<String, String> ALWAYS = Map.of(
            "data_directory", "A server that is started with this file opens that directory, and not the restored one.",
            "unix_socket_directories", "Does the directory exist here, and does no other server use it?",
            "shared_preload_libraries", "Without these libraries on this host PostgreSQL does not start.",
            "ssl_passphrase_command", "Can this command be run here?",
            "synchronous_standby_names", "Without these standbys every commit of the copy will wait.");

    /** Put out of force by the restore, so that a copy does not act on its original's surroundings. */
    private static final Set<String> PUT_OUT = Set.of("archive_cleanup_command", "recovery_end_command");

    private OutsideSettings() {}

    static List<Finding> of(BackupFileReader backup) throws IOException {
        Map<String, byte[]> files = backup.read(Set.of(CONF, SettingsFile.AUTO_CONF), MOST_BYTES);
        Map<String, String> texts = new LinkedHashMap<>();
        for (String name : List.of(CONF, SettingsFile.AUTO_CONF)) {
            byte[] content = files.get(name);
            if (content != null) {
                // Names and paths are what counts here: a byte that is not UTF-8 can only spoil the message.
                texts.put(name, new String(content, StandardCharsets.UTF_8));
            }
        }
        return of(texts);
    }

    /** @param files the text of each settings file of the backup, in the order in which PostgreSQL reads them */
    static List<Finding> of(Map<String, String> files) {
        List<Finding> findings = new ArrayList<>();
        if (!files.containsKey(CONF)) {
            findings.add(Finding.warning(
                    OUTSIDE,
                    "the backup has no postgresql.conf: the configuration stands outside of the data directory",
                    "Bring it, pg_hba.conf and pg_ident.conf along, and start with -c config_file=FILE."));
        }
        for (Map.Entry<String, String> file : files.entrySet()) {
            try {
                review(file.getKey(), SettingsFile.parse(file.getValue(), file.getKey()), findings);
            } catch (CorruptFileException e) {
                findings.add(Finding.warning(
                        OUTSIDE, String.valueOf(e.getMessage()), "PostgreSQL will not start before this is mended."));
            }
        }
        return findings;
    }

    private static void review(String name, SettingsFile file, List<Finding> findings) throws CorruptFileException {
        for (Setting include : file.includes()) {
            boolean inside =
                    !include.value().startsWith("/") && !include.value().startsWith("..");
            if (!inside) {
                findings.add(Finding.warning(
                        OUTSIDE,
                        name + " includes '" + include.value() + "', which is not in the backup",
                        "Bring it along, or take the line out."));
            }
        }
        // The last line of a name counts, and an empty value sets nothing.
        Map<String, Setting> settings = new LinkedHashMap<>();
        for (Setting setting : file.settings()) {
            settings.put(setting.name().toLowerCase(Locale.ROOT), setting);
        }
        settings.forEach((key, setting) -> {
            if (!setting.value().isEmpty()) {
                review(name, key, setting.value(), findings);
            }
        });
    }

    private static void review(String file, String name, String value, List<Finding> findings) {
        String shown = file + " sets " + name + " = '" + value + "'";
        String hint = ALWAYS.get(name);
        if (hint != null) {
            findings.add(Finding.warning(OUTSIDE, shown, hint));
        } else if (PATHS.contains(name) && value.startsWith("/")) {
            findings.add(Finding.warning(OUTSIDE, shown, "Is it there on this host, and meant for this copy?"));
        } else if (PUT_OUT.contains(name)) {
            findings.add(Finding.note(OUTSIDE, shown + "; the restore puts it out of force"));
        }
    }
}

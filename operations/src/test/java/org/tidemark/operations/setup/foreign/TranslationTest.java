// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.Environment;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.setup.foreign.Translation.Remark;

/** Every translation is a configuration that the program accepts. */
class TranslationTest {
    @TempDir
    private Path directory;

    private Translation translated(String name, String text) throws IOException {
        return Translation.of(Files.writeString(directory.resolve(name), text));
    }

    private Configuration loaded(Translation translation) throws IOException {
        Path file = Files.writeString(directory.resolve("tidemark.toml"), translation.toml());
        return new ConfigurationLoader(new Environment(Map.of(), directory, directory, directory), Clock.systemUTC())
                .load(Optional.of(file), List.of())
                .configuration();
    }

    private static String remark(Translation translation, String setting) {
        return translation.remarks().stream()
                .filter(each -> each.setting().equals(setting))
                .map(Remark::text)
                .findFirst()
                .orElse("");
    }

    private static RepositorySettings repository(Configuration configuration, String name) {
        return Objects.requireNonNull(configuration.repositories().get(name));
    }

    @Test
    void pgBackRestOnTheServersHost() throws IOException {
        Translation translation = translated("pgbackrest.conf", """
                [global]
                repo1-path=/srv/pgbackrest
                repo1-retention-full=2
                repo1-cipher-type=aes-256-cbc
                repo1-cipher-pass=zWaf6XtpjIVZC5444yXB
                repo2-type=s3
                repo2-path=/prod
                repo2-s3-bucket=acme-pg
                repo2-s3-endpoint=s3.eu-west-1.amazonaws.com
                repo2-s3-region=eu-west-1
                repo2-s3-key=AKIA123
                repo2-s3-key-secret=verySecret
                repo2-retention-full-type=time
                repo2-retention-full=14
                process-max=4
                compress-type=zst
                compress-level=3
                start-fast=y
                archive-async=y
                archive-push-queue-max=10GiB

                [global:archive-push]
                process-max=2

                [main]
                pg1-path=/var/lib/postgresql/15/main
                pg1-port=5433
                """);

        Configuration configuration = loaded(translation);
        RepositorySettings bucket = repository(configuration, "repo2");
        assertThat(bucket.url()).isEqualTo(URI.create("s3://acme-pg/prod-tidemark"));
        assertThat(translation.toml())
                .contains("jobs = 4\n", "retention = \"RECOVERY WINDOW OF 14 DAYS\"\n", "compression = \"zstd:3\"\n")
                .contains("url = \"file:///srv/pgbackrest-tidemark\"\n", "access-key-id = \"AKIA123\"\n")
                .contains("conninfo = \"host=/var/run/postgresql port=5433 user=postgres dbname=postgres\"\n")
                .contains("data-directory = \"/var/lib/postgresql/15/main\"\n")
                .doesNotContain("REDUNDANCY", "endpoint", "spread");
        assertThat(translation.toml() + translation.remarks()).doesNotContain("verySecret", "zWaf6XtpjIVZC5444yXB");
        assertThat(remark(translation, "[global] repo1-retention-full")).contains("counts full backups");
        assertThat(remark(translation, "[global] repo1-cipher-type")).contains("encrypt-to");
        assertThat(remark(translation, "[global] repo2-s3-key-secret")).contains("secret-access-key-file");
        assertThat(remark(translation, "[global] archive-push-queue-max")).contains("pg-wal-full");
        assertThat(remark(translation, "[global:archive-push] process-max")).isNotEmpty();
    }

    @Test
    void pgBackRestOnABackupHost() throws IOException {
        Translation translation = translated("pgbackrest.conf", """
                [global]
                backup-standby=prefer
                [my stanza]
                pg1-host=db1
                pg1-host-user=pg
                pg1-path=/pg/data
                pg2-host=db2
                pg2-path=/pg/data
                """);

        assertThat(loaded(translation).clusters()).hasSize(1);
        assertThat(translation.toml())
                .contains("[cluster.my-stanza]\n", "ssh-host = \"ssh://pg@db1\"\n")
                .contains("host=db1,db2 port=5432,5432 user=postgres dbname=postgres target_session_attrs=primary")
                .contains("backup-from = \"prefer-standby\"\n", "url = \"file:///var/lib/pgbackrest-tidemark\"\n");
    }

    @Test
    void barmanWithAFileForEachServer() throws IOException {
        Files.createDirectory(directory.resolve("barman.d"));
        Files.writeString(directory.resolve("barman.d/main.conf"), """
                [main]
                description = "the shop"
                conninfo = host=pg user=barman dbname=postgres
                ssh_command = ssh -q -p 2222 postgres@pg
                backup_method = rsync
                reuse_backup = link
                archiver = on
                minimum_redundancy = 2
                last_backup_maximum_age = 2 WEEKS
                """);
        Files.writeString(directory.resolve("barman.d/streaming.conf"), """
                [streaming]
                conninfo = host=pg2 user=barman dbname=postgres
                backup_method = postgres
                streaming_archiver = on
                slot_name = barman
                retention_policy = REDUNDANCY 5
                compression = lz4
                """);

        Translation translation = translated("barman.conf", """
                ; of all servers
                [barman]
                barman_user = barman
                configuration_files_directory = barman.d
                retention_policy = recovery window of 4 weeks
                compression = gzip
                """);

        Configuration configuration = loaded(translation);
        assertThat(configuration.clusters()).hasSize(2);
        assertThat(configuration.repositories()).hasSize(2);
        assertThat(translation.toml())
                .contains("ssh-host = \"ssh://postgres@pg:2222\"\n", "backup-age = \"14d\"\n")
                .contains("retention = \"RECOVERY WINDOW OF 4 WEEKS\"\n", "minimum-redundancy = 2\n")
                .contains("compression = \"lz4\"\n", "receive-slot = \"tidemark\"\n")
                .doesNotContain("REDUNDANCY");
        assertThat(remark(translation, "[streaming] retention_policy")).contains("counts every backup");
        assertThat(remark(translation, "[main] archiver")).contains("setup primary");
        assertThat(remark(translation, "[main] reuse_backup")).contains("schedule.full");
        assertThat(remark(translation, "[streaming] slot_name")).isEmpty();
    }

    /** Less than was kept before would be deleted otherwise. */
    @Test
    void aPolicyThatIsNotUnderstoodDeletesNothing() throws IOException {
        Translation translation = translated("barman.conf", """
                [barman]
                [main]
                conninfo = host=pg
                retention_policy = KEEP 3
                """);

        assertThat(repository(loaded(translation), "local").configuredRetention())
                .isEmpty();
        assertThat(remark(translation, "[main] retention_policy")).contains("nothing expires");
    }

    @Test
    void aStanzaWithAPolicyOfItsOwnLeavesNoneToTheRepository() throws IOException {
        Translation translation = translated("pgbackrest.conf", """
                [global]
                repo1-retention-full-type=time
                repo1-retention-full=14
                process-max=128
                compress-type=gz
                compress-level=0
                [audit]
                pg1-path=/pg/audit
                repo1-retention-full=400
                [shop.one]
                pg1-path=/pg/one
                [shop-one]
                pg1-path=/pg/two
                """);

        assertThat(repository(loaded(translation), "repo1").configuredRetention())
                .isEmpty();
        assertThat(translation.toml()).contains("[cluster.shop-one]\n", "[cluster.shop-one-3]\n", "jobs = 64\n");
        assertThat(remark(translation, "[audit] repo1-retention-full")).contains("nothing expires");
    }

    @Test
    void passwordsAndTokensAreLeftOut() throws IOException {
        Translation barman = translated("barman.conf", """
                [barman]
                [words]
                conninfo = host=pg password=Hunter2 user=b sslpassword='a b' dbname=postgres
                [uri]
                conninfo = postgresql://barman:S3cret@pg/postgres?password=Third&sslmode=require
                [model]
                model = true
                cluster = words
                """);
        Translation bucket = translated("pgbackrest.conf", """
                [global]
                repo1-type=gcs
                repo1-gcs-bucket=b
                repo1-gcs-key-type=token
                repo1-gcs-key=ya29.SECRET
                [main]
                pg1-path=/pg
                """);

        assertThat(barman.toml())
                .contains("host=pg", "user=b", "dbname=postgres", "postgresql://barman@pg/postgres?sslmode=require")
                .doesNotContain("cluster.model");
        assertThat(barman.toml() + barman.remarks() + bucket.toml() + bucket.remarks())
                .doesNotContain("Hunter2", "a b'", "S3cret", "Third", "ya29");
        assertThat(remark(barman, "[uri] conninfo")).contains(".pgpass");
        assertThat(remark(bucket, "[global] repo1-gcs-key")).contains("credentials-file");
    }

    @Test
    void anotherFileIsRefused() {
        assertThatThrownBy(() -> translated("other.conf", "[main]\nport = 5432\n"))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
                .hasMessageContaining("neither");
        assertThatThrownBy(() -> Translation.of(directory.resolve("absent")))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.LOCAL_FILES));
    }
}

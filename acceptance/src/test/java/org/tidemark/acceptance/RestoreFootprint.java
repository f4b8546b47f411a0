// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.tidemark.testkit.HostSnapshot;
import org.tidemark.testkit.TestDirectories;

/**
 * A restore never changes a byte outside of its own directories: all other clusters, repositories and directories of a
 * test are compared before and after it. The exceptions are here, and nowhere else. Not thread-safe.
 */
final class RestoreFootprint {
    private static final Set<String> RESTORES = Set.of("recover", "drill", "clone");
    private static final Set<String> CHANGES_NOTHING = Set.of("--dry-run", "--help", "-h");
    private static final Set<String> PLACES =
            Set.of("--to", "--wal-dir", "--tablespace", "--tablespaces-below", "--on-delayed");

    private static final List<String> MAY_CHANGE = List.of(
            // The spools of all hosts: each command remembers repositories there, and servers that run archive by them.
            ".*/spool",
            // The spools of servers whose host configures none: beside their data directories.
            ".*\\.tidemark",
            // What programs keep in a home directory, which is the host's own: ssh, Java.
            ".*/tidemark-host[0-9]+/\\.[a-z][^/]*",
            // Of a server in a test, beside its data directory; and the logs of all other servers.
            ".*/tidemark-pg[0-9]+-[0-9]+/socket",
            "(?!.*/(?:base|global|pg_[a-z]+)/).*\\.(?:log|pid)",
            // Servers of stores keep their files as they like; that of rsync writes its log beside a repository.
            ".*/junit-[0-9]+/log",
            ".*/tidemark-(?:s3mock|s3proxy|ceph|swift|keystone|azurite-|sshd)[0-9]+",
            // The program itself, whose class caches are made meanwhile; and the templates of servers.
            ".*/tidemark-(?:installed|initdb)[0-9]+",
            // What a receiver of WAL stores of a segment, until that is archived.
            ".*/[0-9]{15,20}/stream",
            // An object that is being stored.
            ".*/\\.tmp-[^/]*");

    /**
     * What a server that runs archives meanwhile, the mark of a restore, and what a drill has judged. No object may
     * change or vanish.
     */
    private static final String NEW_OBJECTS = ".*/[0-9]{15,20}/(?:wal|history|mark|run|gap|drill)(?:/.*)?";

    /** What stands beside a restored directory: plan, copied WAL, configuration, and the cluster that was there. */
    private static final String BESIDE = "(?:\\.(?:tidemark-plan\\.txt|wal|configuration|aside(?:-[0-9]+)?))?";

    private final String command;
    private final Optional<Path> restored;
    private final HostSnapshot others;

    private RestoreFootprint(String command, Optional<Path> restored, HostSnapshot others) {
        this.command = command;
        this.restored = restored;
        this.others = others;
    }

    /**
     * Before a command; empty if it restores nothing.
     *
     * @param busy places that a service changes at the same time
     */
    static Optional<RestoreFootprint> before(Path host, List<Path> busy, String... words) throws IOException {
        List<String> all = List.of(words);
        if (!RESTORES.contains(words[0]) || all.stream().anyMatch(CHANGES_NOTHING::contains)) {
            return Optional.empty();
        }
        List<Path> places = new ArrayList<>();
        Optional<Path> restored = Optional.empty();
        for (int i = 1; i < words.length; i++) {
            String option = words[i].replaceFirst("=.*", "");
            if (PLACES.contains(option)) {
                String value =
                        words[i].length() > option.length() ? words[i].substring(option.length() + 1) : words[++i];
                Path place =
                        host.resolve(option.equals("--tablespace") ? value.replaceFirst("^.*?(?<!\\\\)=", "") : value);
                places.add(place);
                if (option.equals("--to")) {
                    restored = Optional.of(place);
                }
            }
        }
        List<String> mayChange = new ArrayList<>(MAY_CHANGE);
        busy.forEach(place -> mayChange.add(Pattern.quote(place.toString())));
        List<String> mayAppear = new ArrayList<>(List.of(NEW_OBJECTS));
        if (all.contains("restore")) {
            mayAppear.add(".*\\.(?:conf|auto\\.conf)"); // --configuration restore: none is overwritten
        }
        for (Path place : places) {
            for (Path each : withTargets(place)) {
                mayChange.add(Pattern.quote(each.toString()) + BESIDE);
                for (Path above = each.getParent(); above != null; above = above.getParent()) {
                    mayAppear.add(Pattern.quote(above.toString()));
                }
            }
        }
        return Optional.of(new RestoreFootprint(
                String.join(" ", words),
                restored,
                HostSnapshot.of(TestDirectories.ofThisThread(), mayChange, mayAppear)));
    }

    /** A place, where it leads if it is a link, and where the links of a cluster in it lead. */
    private static List<Path> withTargets(Path place) throws IOException {
        List<Path> all = new ArrayList<>(List.of(place.normalize()));
        if (Files.exists(place)) {
            all.add(place.toRealPath());
            all.addAll(HostSnapshot.linked(place));
        }
        return all;
    }

    /** After it, however it has ended. */
    void compare() throws IOException {
        List<Path> filled = new ArrayList<>();
        if (restored.isPresent() && Files.exists(restored.get())) {
            // The places of tablespaces without an option: those of the backup. There was nothing in them.
            for (Path place : HostSnapshot.linked(restored.get())) {
                if (!others.hadAnythingIn(place)) {
                    filled.add(place);
                }
            }
        }
        others.mustBeUnchanged(command, filled);
    }
}

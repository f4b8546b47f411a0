// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.SshLogin;
import org.tidemark.store.Secret;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.TimeLimits;
import org.tidemark.store.rsync.RsyncAddress.Transport;

/**
 * Where an rsync store is, and how it is used. Immutable.
 *
 * @param program rsync itself, by its path or by a name on the PATH
 * @param workDirectory where objects lie on their way, and fetched ones for further reads
 * @param cacheBytes of fetched objects that nobody reads at the moment
 * @param fsyncRequired whether nothing is written to a server that cannot sync a file before it gives it its name
 * @param password of a daemon's user
 * @param ssh unused where a daemon is asked
 */
record RsyncConfig(
        RsyncAddress address,
        String program,
        Path workDirectory,
        long cacheBytes,
        boolean fsyncRequired,
        TimeLimits limits,
        Optional<Secret> password,
        Ssh ssh) {
    static final String PROGRAM_OPTION = "program";
    static final String WORK_DIRECTORY_OPTION = "work-directory";
    static final String CACHE_OPTION = "cache";
    static final String FSYNC_OPTION = "fsync";
    static final String PASSWORD = "password";
    static final String PASSWORD_VARIABLE = "RSYNC_PASSWORD";

    /** Of both transports. */
    static final List<String> OPTIONS = List.of(PROGRAM_OPTION, WORK_DIRECTORY_OPTION, CACHE_OPTION, FSYNC_OPTION);

    private static final long USUAL_CACHE_BYTES = 1L << 30;
    private static final Pattern PROGRAM = Pattern.compile("[A-Za-z0-9._+-]+|/[^\\p{Cntrl}]+");

    static RsyncConfig parse(Transport transport, URI address, StoreOptions options) {
        String program = options.text(PROGRAM_OPTION).orElse("rsync");
        if (!PROGRAM.matcher(program).matches()) {
            throw StoreOptions.wrong(PROGRAM_OPTION, program, "a program's name or absolute path");
        }
        RsyncAddress parsed = RsyncAddress.parse(transport, address);
        TimeLimits limits = TimeLimits.of(options);
        return new RsyncConfig(
                parsed,
                program,
                options.path(WORK_DIRECTORY_OPTION).orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"))),
                options.size(CACHE_OPTION, 0, Long.MAX_VALUE, USUAL_CACHE_BYTES),
                options.choice(FSYNC_OPTION, List.of("required", "if-offered")).equals("required"),
                limits,
                transport == Transport.DAEMON ? options.secret(PASSWORD, PASSWORD_VARIABLE) : Optional.empty(),
                new Ssh(parsed.destination(), SshLogin.withoutSecrets(options), limits));
    }
}

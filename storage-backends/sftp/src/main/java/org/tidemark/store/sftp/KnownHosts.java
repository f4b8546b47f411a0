// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import com.jcraft.jsch.HostKey;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreOptions;

/**
 * The files that name the host keys. They are read at each login, never written, and there is no way around them.
 * Immutable.
 *
 * @param files the first one is where a new host belongs
 * @param required whether the first one must be there
 */
public record KnownHosts(List<Path> files, boolean required) {
    static final String OPTION = "known-hosts";

    static KnownHosts parse(StoreOptions options) {
        return options.path(OPTION)
                .map(file -> new KnownHosts(List.of(file), true))
                .orElseGet(() -> new KnownHosts(
                        List.of(
                                Path.of(System.getProperty("user.home"), ".ssh", "known_hosts"),
                                Path.of("/etc/ssh/ssh_known_hosts")),
                        false));
    }

    /** Makes them known to jsch, as if they were one file. */
    void giveTo(JSch jsch) throws StorageDenied, JSchException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Path file : files) {
            try {
                all.writeBytes(Files.readAllBytes(file));
                all.write('\n');
            } catch (NoSuchFileException e) {
                if (required) {
                    throw new StorageDenied("there is no file '" + file + "', which '" + OPTION + "' names", e);
                }
            } catch (IOException e) {
                throw new StorageDenied(
                        "cannot read '" + file + "', which names the host keys: is it readable for this user?", e);
            }
        }
        jsch.setKnownHosts(new ByteArrayInputStream(all.toByteArray()));
    }

    /** What to say of a key that no file names. */
    String unknown(ServerAddress server, Optional<HostKey> shown, JSch jsch) {
        return "the host key of " + server.knownHostsName() + " is not known: it shows " + described(shown, jsch)
                + ", and " + named() + " does not name it. Compare it with what the server's own"
                + " 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub' prints, then make it known: ssh-keyscan -p "
                + server.port() + " " + server.host() + " >> " + files.getFirst();
    }

    /** What to say of a key that is another one than the files name. */
    String changed(ServerAddress server, Optional<HostKey> shown, JSch jsch) {
        return "the host key of " + server.knownHostsName() + " has changed: it shows " + described(shown, jsch)
                + ", and " + named() + " names another one. Somebody may stand between. If the server was set up"
                + " again, compare the keys, and remove the old one: ssh-keygen -R '" + server.knownHostsName()
                + "' -f " + files.getFirst();
    }

    private static String described(Optional<HostKey> shown, JSch jsch) {
        return shown.map(key -> key.getType() + " " + key.getFingerPrint(jsch)).orElse("one that was not understood");
    }

    private String named() {
        return String.join(" or ", files.stream().map(Path::toString).toList());
    }
}

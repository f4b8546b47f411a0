// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import org.tidemark.testkit.OperatingUser;

/**
 * A self-signed certificate for the server name {@code localhost} and the role {@code postgres}, made by the JDK's
 * keytool.
 *
 * @param certificate PEM
 * @param key PEM, PKCS-8
 */
record TestCertificate(Path certificate, Path key) {
    private static final String PASSWORD = "certificate";

    /** A new certificate, or the one of this name that {@code parent} already holds. */
    static TestCertificate create(String name, Path parent) throws Exception {
        Path directory = parent.resolve(name);
        Path store = directory.resolve("store.p12");
        if (Files.exists(directory)) {
            return ofStore(store, directory);
        }
        Files.createDirectory(directory);
        Process keytool = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "RSA",
                        "-keysize",
                        "2048",
                        "-dname",
                        "CN=postgres",
                        "-ext",
                        "SAN=dns:localhost",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (keytool.waitFor() != 0) {
            throw new IllegalStateException("keytool failed");
        }
        return ofStore(store, directory);
    }

    /** Copies that the server's user owns, in the server's data directory. */
    void installIn(Path dataDirectory) throws IOException {
        for (Path file : List.of(certificate, key)) {
            Path copy = Files.copy(file, dataDirectory.resolve(file.getFileName()));
            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
            OperatingUser.current().own(copy);
        }
    }

    private static TestCertificate ofStore(Path store, Path directory) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        return new TestCertificate(
                pem(
                        directory.resolve("server.crt"),
                        "CERTIFICATE",
                        keys.getCertificate("server").getEncoded()),
                pem(
                        directory.resolve("server.key"),
                        "PRIVATE KEY",
                        keys.getKey("server", PASSWORD.toCharArray()).getEncoded()));
    }

    private static Path pem(Path file, String kind, byte[] content) throws IOException {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(file, "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
}

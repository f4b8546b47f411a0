// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.process;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** The version that the build wrote into the program. */
public final class ProgramVersion {
    private static final String RESOURCE = "version.properties";

    private ProgramVersion() {}

    public static String text() {
        Properties properties = new Properties();
        try (InputStream resource = ProgramVersion.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) {
                throw new IllegalStateException("the program has no " + RESOURCE);
            }
            properties.load(resource);
        } catch (IOException e) {
            throw new IllegalStateException("the program's " + RESOURCE + " cannot be read", e);
        }
        return properties.getProperty("version");
    }
}

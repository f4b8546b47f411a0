// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.OutputStream;

/**
 * The server as a process of its own. Prints {@code port N}, and runs until it is killed or its standard input ends.
 *
 * <p>Arguments: {@code --port=N}, and as often as wanted {@code --bucket=NAME}, {@code --retention-bucket=NAME},
 * {@code --token=TOKEN=ROLE}, with the name of a {@link Role}.
 */
public final class GcsMain {
    private GcsMain() {}

    public static void main(String[] arguments) throws IOException {
        GcsOptions options = GcsOptions.DEFAULTS;
        for (String argument : arguments) {
            String value = argument.substring(argument.indexOf('=') + 1);
            if (argument.startsWith("--port=")) {
                options = options.withPort(Integer.parseInt(value));
            } else if (argument.startsWith("--token=")) {
                int last = value.lastIndexOf('=');
                options = options.withToken(value.substring(0, last), Role.valueOf(value.substring(last + 1)));
            } else if (!argument.startsWith("--bucket=") && !argument.startsWith("--retention-bucket=")) {
                throw new IllegalArgumentException(
                        "not an argument: '" + argument + "' (--port, --token, --bucket, --retention-bucket)");
            }
        }
        GcsServer server = GcsServer.start(options);
        // Objects are files: whoever ends the process by a signal does not want to find them afterwards.
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        for (String argument : arguments) {
            String value = argument.substring(argument.indexOf('=') + 1);
            if (argument.startsWith("--bucket=")) {
                server.withBucket(value);
            } else if (argument.startsWith("--retention-bucket=")) {
                server.withRetentionBucket(value);
            }
        }
        System.out.println("port " + server.port());
        System.in.transferTo(OutputStream.nullOutputStream());
        System.exit(0);
    }
}

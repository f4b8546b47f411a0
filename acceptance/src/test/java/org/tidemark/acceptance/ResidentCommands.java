// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import org.tidemark.cli.Main;
import org.tidemark.cli.ProcessOutput;
import org.tidemark.cli.Program;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.config.Environment;

/**
 * The program of a JVM that stays: it runs the commands that {@link ResidentJvm} sends it, one after the other, each as
 * the process that the launcher starts for it would.
 */
public final class ResidentCommands {
    private ResidentCommands() {}

    /** Where an output of a command ends. */
    public enum End {
        KEPT,
        FULL,
        CLOSED,
        WITHOUT_READER;

        private OutputStream open(ByteArrayOutputStream kept) throws IOException {
            return switch (this) {
                case KEPT -> kept;
                case FULL -> new FileOutputStream("/dev/full");
                case CLOSED -> {
                    OutputStream closed = new FileOutputStream("/dev/null");
                    closed.close();
                    yield closed;
                }
                case WITHOUT_READER -> {
                    Pipe pipe = Pipe.open();
                    pipe.source().close();
                    yield Channels.newOutputStream(pipe.sink());
                }
            };
        }
    }

    /** Reads commands from stdin until it ends. Arguments: none. */
    public static void main(String[] arguments) throws IOException {
        DataInputStream commands = new DataInputStream(new FileInputStream(FileDescriptor.in));
        DataOutputStream outcomes = new DataOutputStream(new FileOutputStream(FileDescriptor.out));
        // Nothing but outcomes may get there.
        System.setIn(InputStream.nullInputStream());
        System.setOut(System.err);
        while (true) {
            try {
                run(commands, outcomes);
            } catch (EOFException e) {
                Runtime.getRuntime().halt(0); // the tests are over
            }
        }
    }

    private static void run(DataInputStream commands, DataOutputStream outcomes) throws IOException {
        String directory = commands.readUTF();
        String[] words = new String[commands.readInt()];
        for (int word = 0; word < words.length; word++) {
            words[word] = commands.readUTF();
        }
        Map<String, String> variables = new HashMap<>(System.getenv());
        variables.put("HOME", directory);
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        ByteArrayOutputStream talk = new ByteArrayOutputStream();
        int status;
        try (OutputStream dataTo = End.valueOf(commands.readUTF()).open(data);
                OutputStream talkTo = End.valueOf(commands.readUTF()).open(talk)) {
            ProcessOutput dataOutput = new ProcessOutput(1, dataTo);
            ProcessOutput talkOutput = new ProcessOutput(2, talkTo);
            Environment environment = new Environment(
                    variables, Path.of(directory), Path.of(System.getProperty("user.home", "/")), Path.of("/"));
            CommandContext context = new CommandContext(
                    environment, Clock.systemUTC(), dataOutput.stream(), talkOutput.stream(), false, false);
            status = Main.told(status(context, words), dataOutput, talkOutput, words);
        }
        outcomes.writeInt(status);
        write(outcomes, data);
        write(outcomes, talk);
        outcomes.flush();
    }

    private static int status(CommandContext context, String[] words) {
        try {
            return new Program(context).run(words);
        } catch (RuntimeException | Error e) {
            e.printStackTrace(context.talk()); // as the JVM does, which then ends with 1
            return 1;
        }
    }

    private static void write(DataOutputStream outcomes, ByteArrayOutputStream bytes) throws IOException {
        outcomes.writeInt(bytes.size());
        bytes.writeTo(outcomes);
    }
}

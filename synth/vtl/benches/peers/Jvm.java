// Median microseconds of rendering the list with Velocity 1.7 in a warm JVM, parsed once. JSON is read by Jackson, which
// is the faster one: Debian's json-smart takes a document of more than some 400 objects for an attack.
import java.io.File;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.Arrays;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.spi.json.JsonSmartJsonProvider;
import org.apache.velocity.Template;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.runtime.RuntimeInstance;

public class Jvm {
    static final Configuration CONFIGURATION = Configuration.builder().jsonProvider(new JsonSmartJsonProvider()).build();

    static final ObjectMapper MAPPER = new ObjectMapper();

    public static class Input {
        private final String body;
        Input(String body) { this.body = body; }
        public Object path(String path) throws Exception {
            Object document = MAPPER.readValue(body, java.util.LinkedHashMap.class);
            return JsonPath.compile(path).read(document, CONFIGURATION);
        }
    }

    public static class Util {
        public String escapeJavaScript(Object o) { return org.apache.commons.lang.StringEscapeUtils.escapeJavaScript(o.toString()); }
    }

    public static void main(String[] arguments) throws Exception {
        String source = MAPPER.readTree(new File(arguments[0])).get("list").get("template").asText();
        StringBuilder body = new StringBuilder("{\"Items\":[");
        for (int i = 0; i < 100; i++) {
            body.append(i == 0 ? "" : ",").append("{\"id\":{\"S\":\"item-" + i + "\"},\"n\":{\"N\":\"" + i + "\"},\"title\":{\"S\":\"It's \\\"number\\\" " + i + ", a/b\"},\"opt\":{\"S\":\"" + (i % 2 == 0 ? "yes" : "") + "\"}}");
        }
        body.append("]}");
        RuntimeInstance engine = new RuntimeInstance();
        engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
        engine.setProperty("velocimacro.library", "");
        engine.init();
        Template template = new Template();
        template.setRuntimeServices(engine);
        template.setData(engine.parse(new StringReader(source), "list"));
        template.initDocument();
        int rounds = 6000;
        double[] times = new double[1001];
        for (int i = 0; i < rounds + times.length; i++) {
            long start = System.nanoTime();
            VelocityContext context = new VelocityContext();
            context.put("input", new Input(body.toString()));
            context.put("util", new Util());
            StringWriter out = new StringWriter();
            template.merge(context, out);
            if (!out.toString().contains("item-99")) throw new IllegalStateException("rendered something else");
            if (i >= rounds) times[i - rounds] = (System.nanoTime() - start) / 1000.0;
        }
        Arrays.sort(times);
        System.out.println(times[times.length / 2]);
    }
}

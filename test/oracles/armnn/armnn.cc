/*
 * Runs .tflite networks on Arm NN's reference backend (CpuRef), for the tests of the inference runtime.
 *
 *     armnn CASES RESULTS
 *
 * CASES holds, for each case: the length of the model (uint32), the model, the number of inputs, and for each its length and bytes.
 * RESULTS gets, for each case: 0 (uint32), the number of outputs, and for each its length and bytes; or 1, and the length and text
 * of why Arm NN does not take it. Every case has a process of its own, so that one that ends does not end the others.
 *
 * Needs Debian's libarmnn-dev, libarmnntfliteparser-dev and libarmnn-cpuref-backend22 (20.08).
 */
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <armnn/ArmNN.hpp>
#include <armnnTfLiteParser/ITfLiteParser.hpp>

using Bytes = std::vector<uint8_t>;

static uint32_t read_word(FILE *file, bool *ended = nullptr) {
  uint32_t word = 0;
  if (fread(&word, 4, 1, file) != 1) {
    if (ended == nullptr) exit(2);
    *ended = true;
  }
  return word;
}

static Bytes read_bytes(FILE *file) {
  Bytes bytes(read_word(file));
  if (!bytes.empty() && fread(bytes.data(), 1, bytes.size(), file) != bytes.size()) exit(2);
  return bytes;
}

static void append(Bytes &out, const void *data, uint32_t length) {
  const uint8_t *from = static_cast<const uint8_t *>(data), *head = reinterpret_cast<const uint8_t *>(&length);
  out.insert(out.end(), head, head + 4);
  out.insert(out.end(), from, from + length);
}

static void append_word(Bytes &out, uint32_t word) {
  const uint8_t *bytes = reinterpret_cast<const uint8_t *>(&word);
  out.insert(out.end(), bytes, bytes + 4);
}

/* @returns what RESULTS gets; throws what Arm NN throws */
static Bytes run(const Bytes &model, std::vector<Bytes> &inputs) {
  auto parser = armnnTfLiteParser::ITfLiteParser::Create();
  auto network = parser->CreateNetworkFromBinary(model);
  auto runtime = armnn::IRuntime::Create(armnn::IRuntime::CreationOptions());
  auto optimised = armnn::Optimize(*network, {armnn::Compute::CpuRef}, runtime->GetDeviceSpec());
  if (!optimised) throw armnn::Exception("the reference backend does not take it");
  armnn::NetworkId id;
  std::string message;
  if (runtime->LoadNetwork(id, std::move(optimised), message) != armnn::Status::Success) throw armnn::Exception(message);

  armnn::InputTensors input_tensors;
  const auto input_names = parser->GetSubgraphInputTensorNames(0);
  for (size_t i = 0; i < input_names.size(); i++) {
    const auto binding = parser->GetNetworkInputBindingInfo(0, input_names[i]);
    if (binding.second.GetNumBytes() != inputs.at(i).size()) throw armnn::Exception("an input's size differs");
    input_tensors.push_back({binding.first, armnn::ConstTensor(binding.second, inputs[i].data())});
  }
  std::vector<Bytes> outputs;
  armnn::OutputTensors output_tensors;
  const auto output_names = parser->GetSubgraphOutputTensorNames(0);
  outputs.reserve(output_names.size());
  for (const auto &name : output_names) {
    const auto binding = parser->GetNetworkOutputBindingInfo(0, name);
    outputs.emplace_back(binding.second.GetNumBytes());
    output_tensors.push_back({binding.first, armnn::Tensor(binding.second, outputs.back().data())});
  }
  if (runtime->EnqueueWorkload(id, input_tensors, output_tensors) != armnn::Status::Success) throw armnn::Exception("it does not run");

  Bytes result;
  append_word(result, 0);
  append_word(result, static_cast<uint32_t>(outputs.size()));
  for (const auto &output : outputs) append(result, output.data(), static_cast<uint32_t>(output.size()));
  return result;
}

static Bytes refusal(const std::string &why) {
  Bytes result;
  append_word(result, 1);
  append(result, why.data(), static_cast<uint32_t>(why.size()));
  return result;
}

static Bytes run_apart(const Bytes &model, std::vector<Bytes> &inputs) {
  int ends[2];
  if (pipe(ends) != 0) exit(2);
  const pid_t child = fork();
  if (child == 0) {
    Bytes result;
    try {
      result = run(model, inputs);
    } catch (const std::exception &error) {
      result = refusal(error.what());
    }
    for (size_t done = 0; done < result.size();) {
      const ssize_t count = write(ends[1], result.data() + done, result.size() - done);
      if (count <= 0) break;
      done += static_cast<size_t>(count);
    }
    _exit(0);
  }
  close(ends[1]);
  Bytes result, part(65536);
  for (ssize_t count; (count = read(ends[0], part.data(), part.size())) > 0;) result.insert(result.end(), part.begin(), part.begin() + count);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && !result.empty() ? result : refusal("it ended by signal " + std::to_string(WTERMSIG(status)));
}

int main(int count, char **arguments) {
  FILE *cases = count == 3 ? fopen(arguments[1], "rb") : nullptr, *results = cases ? fopen(arguments[2], "wb") : nullptr;
  if (results == nullptr) {
    fprintf(stderr, "usage: armnn CASES RESULTS (files; see the head of armnn.cc)\n");
    return 2;
  }
  armnn::ConfigureLogging(false, false, armnn::LogSeverity::Fatal);
  for (;;) {
    bool ended = false;
    Bytes model(read_word(cases, &ended));
    if (ended) break;
    if (fread(model.data(), 1, model.size(), cases) != model.size()) return 2;
    std::vector<Bytes> inputs(read_word(cases));
    for (auto &input : inputs) input = read_bytes(cases);
    const Bytes result = run_apart(model, inputs);
    fwrite(result.data(), 1, result.size(), results);
  }
  return fclose(results) == 0 ? 0 : 2;
}
